using System.Security.Cryptography;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Streams;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>An archive that is read to restore it: nothing of a damaged one is used.</summary>
/// <param name="archive">Its path, for messages and for its checksum.</param>
/// <param name="say">Gets the result of the comparison with the checksum.</param>
internal sealed class CheckedArchive(FileStream file, string archive, Action<string> say)
{
    /// <summary>One pass hashes and judges the bytes that the visitor gets.</summary>
    /// <param name="visitor">Gets the files until the first damage.</param>
    /// <exception cref="OperatorException">The archive is damaged or no archive.</exception>
    public BlockAudit Read(IEntryVisitor visitor, CancellationToken token)
    {
        FileKind.RequireGzip(file, archive, ClientStatus.Failed);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ReadTap tap = new(file, hash);
        BlockAudit audit = new();
        OperatorException? damage;
        try
        {
            ArchiveReader.ReadSnapshot(tap, new BlockVisitor(audit, visitor, onlySound: true), token);
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
            say($"⚠️ The SHA-256 was not compared: there is no {archive}{ChecksumFile.Extension}.");
            return;
        }

        tap.ReadToEnd(token);
        Sha256 actual = Sha256.Finish(hash);
        if (actual != expected)
        {
            throw Failed($"{archive} is damaged: its SHA-256 is {actual}, not {expected}.", "copy it again");
        }

        say($"✅ SHA-256 as in {archive}{ChecksumFile.Extension}");
    }

    private OperatorException Foreign(string why) => Failed(
        $"{archive} is not an archive of one snapshot: {Printable.Text(why)}",
        $"see its content with tar tvf {archive}");

    private static OperatorException Failed(string problem, string remedy) => new(ClientStatus.Failed, problem, remedy);
}
