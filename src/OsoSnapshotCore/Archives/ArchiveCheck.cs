using System.Security.Cryptography;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Streams;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Archives;

/// <summary>Checks an archive without the snapshot that it was made of.</summary>
internal static class ArchiveCheck
{
    /// <summary>
    /// Reads the archive once, and checks gzip, tar, every block and, if a checksum is given, the SHA-256.
    /// </summary>
    /// <param name="file">The archive.</param>
    /// <param name="path">The archive's path, for messages.</param>
    /// <param name="expected">The SHA-256 of the file beside it; null if there is no such file.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public static BlockAudit OfArchive(
        Stream file,
        string path,
        string? expected,
        Action<BlockReport> finished,
        CancellationToken token)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ReadTap tap = new(file, hash);
        BlockAudit audit = Read(tap, finished, token);
        string actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (expected is null && !tap.First.SequenceEqual(GzipPipeline.Header))
        {
            // Readers ignore most of this header, so no other check would notice a change in it.
            throw Failed(
                $"{path} does not start as this program's archives do.",
                "The archive is damaged, or another program made it. Put sha256sum's line in a .sha256 beside it, and verify again.");
        }

        return expected is null || expected == actual ? audit : throw Failed(
            $"{path} has the SHA-256 {actual}, but {Path.GetFileName(path)}{ChecksumFile.Extension} says"
            + $" {expected}.", "Copy both again and compare.");
    }

    // This may be a copy on another machine, so nothing can be said of the volume.
    private static BlockAudit Read(ReadTap tap, Action<BlockReport> finished, CancellationToken token)
    {
        try
        {
            BlockAudit audit = new(finished);
            ArchiveReader.ReadSnapshot(tap, new BlockVisitor(audit), token);
            audit.Finish();
            return audit;
        }
        catch (ForeignArchiveException e)
        {
            throw Failed(
                $"This is not an archive of one snapshot: {Printable.Text(e.Message)}.",
                "See its content with tar tvf. restore unpacks only archives that this check accepts.");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"The archive can't be read back: {e.Message}",
                "The copy is damaged or incomplete. Compare its size and SHA-256 with the original, and copy it again.",
                e);
        }
    }

    private static OperatorException Failed(string problem, string remedy) =>
        new(ExitStatus.ArchiveFailed, problem, remedy);
}
