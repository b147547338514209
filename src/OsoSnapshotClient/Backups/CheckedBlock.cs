using OsoSnapshotCore;

namespace OsoSnapshotClient.Backups;

/// <summary>The result of checking a block's archive and its checksum file.</summary>
/// <param name="Verdict">null if the archive can't be read.</param>
/// <param name="Problems">The archive's problems, without those of the block's own content.</param>
internal sealed record CheckedBlock(
    BlockName Name, long FileBytes, BlockVerdict? Verdict, IReadOnlyList<string> Problems)
{
    public required bool HasChecksum { get; init; }

    public static CheckedBlock Read(BackupDirectory directory, BlockName name, CancellationToken token)
    {
        List<string> problems = [];
        BlockVerdict? verdict = null;
        long length = 0;
        try
        {
            BackupDirectory.RefuseLink(directory.PathOf(name));
            length = new FileInfo(directory.PathOf(name)).Length;
            verdict = StoredBlocks.Read(directory, name, token);
            string? expected = StoredBlocks.ReadChecksum(directory, name);
            if (verdict.Damage is { } damage)
            {
                problems.Add($"block {name}: {damage}");
            }

            if (expected is not null && expected != verdict.Sha256)
            {
                problems.Add($"block {name} has the SHA-256 {verdict.Sha256}, but its .sha256 file says {expected}");
            }
        }
        catch (OperatorException e)
        {
            problems.Add(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"block {name} can't be read: {e.Message}");
        }

        return new(name, length, verdict, problems) { HasChecksum = File.Exists(directory.ChecksumOf(name)) };
    }
}
