using System.Security.Cryptography;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Streams;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>Restores an archive to a data directory for Prometheus, completely or not at all.</summary>
internal sealed class RestoreRun(
    string archive,
    string directory,
    FileOwner? owner,
    TextWriter output,
    TimeProvider time)
{
    private readonly RestoreTarget _target = new(directory, owner, output, time);

    /// <exception cref="OperatorException">The restore failed; the directory is as empty as before.</exception>
    public void Run(CancellationToken token)
    {
        try
        {
            _target.RequireEmpty();
            using FileStream file = RegularFile.Open(archive);
            FileKind.RequireGzip(file, archive, ClientStatus.Failed);

            // How much there is to unpack is known only at the end.
            IReadOnlyList<BlockReport> blocks = [];
            _target.Fill(file.Length, unpacking => blocks = Unpack(file, unpacking, token).Blocks);
            _target.Tell([.. blocks.Select(block => block.Meta).OfType<BlockMeta>()]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"The restore failed: {e.Message}",
                Causes.Remedy(e, "remove the cause, then run the same command again; nothing stays in the directory"),
                e);
        }
    }

    // One pass hashes, checks and unpacks the same bytes. The target moves the files into place only if this returns.
    private BlockAudit Unpack(FileStream file, IEntryVisitor unpacking, CancellationToken token)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ReadTap tap = new(file, hash);
        BlockAudit audit = new();
        OperatorException? damage;
        try
        {
            ArchiveReader.ReadSnapshot(tap, new BlockVisitor(audit, unpacking, onlySound: true), token);
            audit.Finish();
            damage = audit.Blocks.Count > 0 ? null : Foreign("it holds no block");
        }
        catch (ForeignArchiveException e)
        {
            damage = Foreign(e.Message);
        }
        catch (InvalidDataException e)
        {
            damage = Failed($"{archive} is damaged or no archive: {Printable.Text(e.Message)}", "copy it again");
        }

        // A wrong checksum explains more than the damage that was found.
        CompareChecksum(tap, hash, token);
        return damage is not null ? throw damage
            : audit.Problems.Count == 0 ? audit
            : throw Failed(
                "The blocks are damaged." + string.Concat(
                    audit.Problems.Select(problem => "\n   " + Printable.Text(problem))),
                "copy the archive again; if the damage is on Prometheus' own disk, restore the other blocks by hand");
    }

    private void CompareChecksum(ReadTap tap, IncrementalHash hash, CancellationToken token)
    {
        if (ChecksumFile.ReadBeside(archive) is not { } expected)
        {
            output.WriteLine($"⚠️ The SHA-256 was not compared: there is no {archive}{ChecksumFile.Extension}.");
            return;
        }

        tap.ReadToEnd(token);
        Sha256 actual = Sha256.Finish(hash);
        if (actual != expected)
        {
            throw Failed($"{archive} is damaged: its SHA-256 is {actual}, not {expected}.", "copy it again");
        }

        output.WriteLine($"✅ SHA-256 as in {archive}{ChecksumFile.Extension}");
    }

    private OperatorException Foreign(string why) => Failed(
        $"{archive} is not an archive of one snapshot: {Printable.Text(why)}",
        $"see its content with tar tvf {archive}");

    private static OperatorException Failed(string problem, string remedy) => new(ClientStatus.Failed, problem, remedy);
}
