using System.Diagnostics;
using System.Text.Json;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Display;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Copies the blocks that a store lacks from a run with a snapshot, and writes the list last.</summary>
internal sealed class BlocksCarrier(
    IBackupStore store,
    PodName pod,
    IRunNote note,
    CopyOptions options,
    IPodReport report,
    TimeProvider time) : ICarrier
{
    public string Kind => RunKinds.Blocks;

    public IRunNote Note => note;

    public bool IsResumable => true;

    public string Name => $"The backup in {store.Path}";

    /// <exception cref="OperatorException">No list was written; copied blocks stay for the next run.</exception>
    public async Task<CarriedCopy> CarryAsync(AgentRun run, RunStatus held, CancellationToken token)
    {
        long startedAt = Stopwatch.GetTimestamp();
        SnapshotName name = NameOf(held);
        Manifest empty = Begin(held, name);
        ListCommit commit = new(store, WaitAsync);
        IReadOnlyList<(BlockName Name, SnapshotBlock Block)> blocks = await HeldBlocks.AskAsync(run, token);
        await commit.ClaimAsync(blocks.Select(block => block.Name));
        Dictionary<BlockName, StoredBlock> stored = FindStored(blocks, token);
        (BlockName Name, SnapshotBlock Block)[] missing = [.. blocks.Where(one => !stored.ContainsKey(one.Name))];
        report.Say(
            $"{Plural.Of(blocks.Count, "block")} in snapshot {name}; {store.Path} lacks"
            + $" {Plural.Of(missing.Length, "block")},"
            + $" {ByteSize.Format(ByteSize.Sum(missing.Select(one => one.Block.Bytes)))} before compression");
        BlockDownloads copy = new(run, store, options);
        foreach (StoredBlock block in await copy.RunAsync(missing, token))
        {
            string? checksum = block.StoreChecksum ?? store.Find(block.Name.Path)?.Checksum;
            stored.Add(block.Name, block with { StoreChecksum = checksum });
        }

        Manifest list = empty with { Blocks = Entries(blocks, stored) };
        BackupOutcome outcome = new(Write(commit, list, name, stored.Values), list, copy.Copied);
        Tell(outcome, copy.Cuts, Stopwatch.GetElapsedTime(startedAt));
        return new(outcome.ResultFor(run.Agent.Access.Pod), outcome.Damage);

        Task WaitAsync(TimeSpan time)
        {
            report.Say(
                $"Waiting {Durations.Format(time)}, until no prune can still delete a block that is wanted again");
            return Task.Delay(time, token);
        }
    }

    public void Dispose() => note.Dispose();

    private static SnapshotName NameOf(RunStatus status) =>
        SnapshotName.TryParse(status.Snapshot, out SnapshotName? name) && ManifestStore.TimeOf(name) is not null
            ? name
            : throw BackupDamage.Damaged(
                $"The agent's snapshot has an invalid name: '{Printable.Text(status.Snapshot ?? string.Empty)}'.",
                "use the client of the image's version; nothing was written");

    private Manifest Begin(RunStatus status, SnapshotName name) => new()
    {
        Format = BackupLayout.Format,
        Cluster = pod.Cluster,
        Pod = pod.Pod,
        Snapshot = name.Text,
        CopyStartedAt = time.GetUtcNow(),
        PrometheusVersion = status.PrometheusVersion,
        AgentVersion = status.Version,
        ClientVersion = ProductVersion.Text,
        MissingSamples = status.MissingSamples,
        Blocks = [],
    };

    private Dictionary<BlockName, StoredBlock> FindStored(
        IReadOnlyList<(BlockName Name, SnapshotBlock Block)> held, CancellationToken token)
    {
        // verify reports a damaged list. Here it only means that the blocks it names are read again.
        ListedSnapshot? newest = FindNewest(pod) ?? FindNewest(pod.OfUnnamedCluster);
        Dictionary<BlockName, StoredBlock> stored = [];
        foreach ((BlockName name, _) in held)
        {
            BackupBlock? known = newest?.Blocks.GetValueOrDefault(name);
            if (StoredBlocks.Find(store, name, known, report.Say, token) is { } found)
            {
                stored.Add(name, found);
            }
        }

        return stored;
    }

    private ListedSnapshot? FindNewest(PodName of) =>
        ManifestStore.Read(store, of, damage => report.Warn($"⚠️ {damage.Message}")).LastOrDefault();

    private static List<BackupBlock> Entries(
        IReadOnlyList<(BlockName Name, SnapshotBlock Block)> held,
        Dictionary<BlockName, StoredBlock> stored)
    {
        List<BackupBlock> entries = [];
        int room = ManifestStore.MaxProblems;
        foreach ((BlockName name, SnapshotBlock block) in held)
        {
            IReadOnlyList<string>? problems = Cut(stored[name].Problems, room);
            room -= problems?.Count ?? 0;
            entries.Add(Entry(block, stored[name], problems));
        }

        return entries;
    }

    // A reader accepts no larger lists. Each damaged block has one line at least.
    private static IReadOnlyList<string>? Cut(IReadOnlyList<string>? problems, int room) =>
        problems is null || problems.Count <= room
            ? problems
            : [.. problems.Take(room), $"{Plural.Of(problems.Count - Math.Max(room, 0), "more problem")}, not listed"];

    private static BackupBlock Entry(
        SnapshotBlock block,
        StoredBlock stored,
        IReadOnlyList<string>? problems) => new()
    {
        Ulid = block.Ulid,
        Fingerprint = block.Fingerprint,
        Kind = block.Kind,
        From = block.From,
        To = block.To,
        Bytes = block.Bytes,
        Series = block.Series,
        Samples = block.Samples,
        FileBytes = stored.FileBytes,
        Sha256 = stored.Sha256,
        StoreChecksum = stored.StoreChecksum,
        Problems = problems,
    };

    private string Write(
        ListCommit commit, Manifest list, SnapshotName name, IEnumerable<StoredBlock> blocks)
    {
        string file = ManifestStore.NameOf(pod, name);
        string path = store.PathOf(file);
        try
        {
            // If the snapshot has a list already, an earlier run wrote it, and could not release its agent.
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(list, BackupJson.Default.Manifest);
            commit.Write(file, [.. json, (byte)'\n'], blocks);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalDisk.CanNotWrite(
                path, e, "check the directory, then run the same command again to continue");
        }
    }

    private void Tell(BackupOutcome outcome, int cuts, TimeSpan elapsed)
    {
        foreach (string problem in outcome.List.Blocks.SelectMany(block => block.Problems ?? []))
        {
            report.Warn($"⚠️ {Printable.Text(problem)}");
        }

        if (outcome.List.MissingSamples is { } missing)
        {
            report.Warn($"⚠️ The snapshot lacks samples: {Printable.Text(missing)}");
        }

        string broken = cuts > 0 ? $", connection broken {Plural.Of(cuts, "time")}" : string.Empty;
        report.Say(
            $"✅ {outcome.Path}: {Plural.Of(outcome.List.Blocks.Count, "block")},"
            + $" {ByteSize.Format(ByteSize.Sum(outcome.List.Blocks.Select(block => block.FileBytes)))}; copied"
            + $" {Plural.Of(outcome.Copied.Count, "block")}, {ByteSize.Format(outcome.CopiedBytes)}, in"
            + $" {Durations.Format(elapsed)}{broken}");
    }
}

/// <summary>What a run has added to a backup directory.</summary>
/// <param name="Path">The file with the list.</param>
/// <param name="Copied">The blocks that the directory lacked.</param>
internal sealed record BackupOutcome(string Path, Manifest List, IReadOnlyCollection<StoredBlock> Copied)
{
    /// <summary>The size of the copied blocks' archives.</summary>
    public long CopiedBytes => ByteSize.Sum(Copied.Select(block => block.FileBytes));

    /// <summary>The failure to report if blocks are damaged on Prometheus' own disk; otherwise null.</summary>
    public OperatorException? Damage => List.Blocks.Any(block => block.Problems is not null)
        ? new(
            ExitStatus.DamagedBlocks,
            $"{Path} is a true backup of blocks that are damaged on Prometheus' own disk (see above).",
            "check the volume's health; restore the other blocks with tar (src/OsoSnapshotClient/BACKUPS.md)")
        : null;

    public PodResult ResultFor(string pod) => new(pod, 0)
    {
        File = Path,
        Bytes = ByteSize.Sum(List.Blocks.Select(block => block.FileBytes)),
        Blocks = List.Blocks.Count,
        CopiedBlocks = Copied.Count,
        CopiedBytes = CopiedBytes,
    };
}
