using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Store;

/// <summary>The result of checking a block's archive and its checksum file.</summary>
/// <param name="Verdict">null if the archive can't be read.</param>
/// <param name="Problems">The archive's problems, without those of the block's own content.</param>
internal sealed record CheckedBlock(
    BlockName Name, long FileBytes, BlockVerdict? Verdict, IReadOnlyList<string> Problems)
{
    public required bool HasChecksum { get; init; }

    /// <summary>The archive's SHA-256, or that of its checksum file if the archive was not read.</summary>
    public Sha256? Sha256 { get; init; }

    /// <summary>What the store knows of the archive's bytes; null if the archive was read.</summary>
    public string? StoreChecksum { get; init; }

    /// <summary>Whether the archive was read, and nothing is wrong with it.</summary>
    public bool IsSound =>
        HasChecksum && Problems.Count == 0 && Verdict is { Damage: null, Problems: [], Audit.Problems.Count: 0 };

    /// <summary>The same without texts, which a damaged block may have a thousand of.</summary>
    public CheckedBlock WithoutTexts() => this with
    {
        Problems = [],
        Verdict = Verdict is null ? null : Verdict with
        {
            Problems = [],
            Audit = Verdict.Audit is null ? null : Verdict.Audit with { Problems = [], Notes = [] },
        },
    };

    public static CheckedBlock Read(IBackupStore store, BlockName name, CancellationToken token)
    {
        List<string> problems = [];
        BlockVerdict? verdict = null;
        long length = 0;
        bool hasChecksum = false;
        try
        {
            length = store.Find(name.Path)?.SizeBytes ?? 0;
            hasChecksum = store.Find(StoredBlocks.ChecksumOf(name)) is not null;
            verdict = StoredBlocks.Read(store, name, token);
            Sha256? expected = hasChecksum ? StoredBlocks.ReadChecksumFile(store, name) : null;
            if (verdict.Damage is { } damage)
            {
                problems.Add($"block {name}: {damage}");
            }

            if (expected is not null && expected != verdict.Sha256)
            {
                problems.Add($"block {name} has the SHA-256 {verdict.Sha256}, but its .sha256 file says {expected}");
            }
        }
        catch (Exception e) when (e is OperatorException or IOException or UnauthorizedAccessException)
        {
            problems.Add(Explain(name, e));
        }

        return new(name, length, verdict, problems) { HasChecksum = hasChecksum, Sha256 = verdict?.Sha256 };
    }

    public static string Explain(BlockName name, Exception e) =>
        e is OperatorException ? e.Message : $"block {name} can't be read: {e.Message}";
}
