using System.Security.Cryptography;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Archive;

/// <summary>Checks what lies on a disk by itself: an archive, or a directory of blocks.</summary>
internal static class ArchiveCheck
{
    private const int BufferBytes = 512 * 1024;

    /// <summary>Reads the archive once: gzip, tar, every block, and the checksum beside it where there is one.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="path">For messages.</param>
    /// <param name="expected">The SHA-256 of the file beside it; null where there is none.</param>
    /// <exception cref="AgentException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public static BlockAudit OfArchive(Stream file, string path, string? expected, Action<AuditedBlock> finished, CancellationToken token)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ReadTap tap = new(file, hash);
        BlockAudit audit = ArchiveVerifier.Verify(tap, written: null, token, finished);
        string actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (expected is null && !tap.First.SequenceEqual(GzipPipeline.Header))
        {
            // Readers ignore most of this header, so nothing else would show a change in it.
            throw Failed($"{path} does not start as this program's archives do.", "Either it is damaged or another program's: put its checksum beside it as sha256sum writes it, and verify again.");
        }

        return expected is null || expected == actual ? audit : throw Failed(
            $"{path} has the SHA-256 {actual}, but {expected} stands in {Path.GetFileName(path)}{DataDirectory.ChecksumExtension}.", "Copy both again and compare.");
    }

    /// <summary>Reads every block directly below a directory: a snapshot's, or a data directory, restored or live.</summary>
    public static BlockAudit OfDirectory(DirectoryHandle directory, Action<AuditedBlock> finished, CancellationToken token)
    {
        BlockAudit audit = new(finished);
        byte[] buffer = new byte[BufferBytes];
        foreach (string block in DataDirectory.BlocksIn(directory).Take(DirectoryTree.MaxSortedNames).Order(StringComparer.Ordinal))
        {
            audit.StartBlock(block);
            using DirectoryHandle content = directory.OpenDirectory(block);
            foreach (TreeEntry file in SnapshotTree.Below(content, block + "/").Where(entry => entry.Status.IsRegularFile))
            {
                audit.StartFile(file.EntryName);
                using FileStream source = file.OpenFile();
                int count;
                while ((count = source.Read(buffer)) > 0)
                {
                    token.ThrowIfCancellationRequested();
                    audit.Append(buffer.AsSpan(0, count));
                }

                audit.FinishFile();
            }
        }

        audit.Finish();
        return audit;
    }

    private static AgentException Failed(string problem, string remedy) => new(ExitStatus.ArchiveFailed, problem, remedy);
}
