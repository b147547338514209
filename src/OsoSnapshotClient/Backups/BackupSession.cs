using System.Diagnostics;
using System.Text.Json;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Progress;
using OsoSnapshotClient.Verbs;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Backups;

/// <summary>Copies the blocks that a directory lacks from an agent with a snapshot, and writes the list last.</summary>
internal sealed class BackupSession(
    AgentContainer agent, BackupDirectory directory, PodName pod, TakeOptions take, TimeProvider time)
{
    private readonly IPodReport _report = agent.Access.Report;

    /// <exception cref="OperatorException">No list was written; copied blocks stay for the next run.</exception>
    public async Task<BackupOutcome> RunAsync(RunStatus status, CancellationToken token)
    {
        long startedAt = Stopwatch.GetTimestamp();
        SnapshotName name = NameOf(status);
        Manifest empty = Begin(status, name);
        IReadOnlyList<(BlockName Name, SnapshotBlock Block)> held = await HeldBlocks.AskAsync(agent, token);
        Dictionary<BlockName, StoredBlock> stored = FindStored(held, token);
        (BlockName Name, SnapshotBlock Block)[] missing = [.. held.Where(one => !stored.ContainsKey(one.Name))];
        _report.Say(
            $"{Plural.Of(held.Count, "block")} in snapshot {name}; {directory.Path} lacks"
            + $" {Plural.Of(missing.Length, "block")},"
            + $" {ByteSize.Format(ByteSize.Sum(missing.Select(one => one.Block.Bytes)))} before compression");
        BlockDownloads copy = new(agent, directory, take.Hold, take.Copy);
        foreach (StoredBlock block in await copy.RunAsync(missing, token))
        {
            stored.Add(block.Name, block);
        }

        Manifest list = empty with { Blocks = Entries(held, stored) };
        string path = Write(list, name);
        long copied = ByteSize.Sum(copy.Copied.Select(block => block.FileBytes));
        BackupOutcome outcome = new(path, list, copy.Copied.Count, copied);
        Tell(outcome, copy.Cuts, Stopwatch.GetElapsedTime(startedAt));
        return outcome;
    }

    private static SnapshotName NameOf(RunStatus status) =>
        SnapshotName.TryParse(status.Snapshot, out SnapshotName? name) && ManifestStore.TimeOf(name) is not null
            ? name
            : throw BackupDirectory.Damaged(
                $"The agent's snapshot has an invalid name: '{Printable.Text(status.Snapshot ?? string.Empty)}'.",
                "use the client of the image's version; nothing was written");

    private Manifest Begin(RunStatus status, SnapshotName name) => new()
    {
        Format = BackupDirectory.Format,
        Pod = pod.Text,
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
        ListedSnapshot? newest = ManifestStore.Read(
            directory, pod, damage => _report.Warn($"⚠️ {damage.Message}")).LastOrDefault();
        Dictionary<BlockName, StoredBlock> stored = [];
        foreach ((BlockName name, _) in held)
        {
            BackupBlock? known = newest?.Blocks.GetValueOrDefault(name);
            if (StoredBlocks.Find(directory, name, known, _report.Say, token) is { } found)
            {
                stored.Add(name, found);
            }
        }

        return stored;
    }

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
        Problems = problems,
    };

    private string Write(Manifest list, SnapshotName name)
    {
        string file = name.Text + ManifestStore.Extension;
        string path = $"{directory.PathOf(pod)}/{file}";
        try
        {
            // The list must name only what survives a power cut. Another client's rename, or the pod's directory,
            // may not be flushed yet.
            directory.Blocks.Flush();
            directory.Snapshots.Flush();
            using DirectoryHandle lists = BackupEntry.OpenOrCreateDirectory(directory.Snapshots, pod.Text);
            BackupEntry.FindFile(lists, file);
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(list, BackupJson.Default.Manifest);
            SmallFile.Write(lists, file, [.. json, (byte)'\n']);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"{path} can't be written: {e.Message}",
                Causes.Remedy(e, "check the directory, then run the same command again to continue"),
                e);
        }
    }

    private void Tell(BackupOutcome outcome, int cuts, TimeSpan elapsed)
    {
        foreach (string problem in outcome.List.Blocks.SelectMany(block => block.Problems ?? []))
        {
            _report.Warn($"⚠️ {Printable.Text(problem)}");
        }

        if (outcome.List.MissingSamples is { } missing)
        {
            _report.Warn($"⚠️ The snapshot lacks samples: {Printable.Text(missing)}");
        }

        _report.Say(
            $"✅ {outcome.Path}: {Plural.Of(outcome.List.Blocks.Count, "block")},"
            + $" {ByteSize.Format(ByteSize.Sum(outcome.List.Blocks.Select(block => block.FileBytes)))}; copied"
            + $" {Plural.Of(outcome.CopiedBlocks, "block")}, {ByteSize.Format(outcome.CopiedBytes)}, in"
            + $" {Durations.Format(elapsed)}, connection broken {Plural.Of(cuts, "time")}");
    }
}

/// <summary>What a run has added to a backup directory.</summary>
/// <param name="Path">The file with the list.</param>
/// <param name="CopiedBytes">The size of the copied blocks' archives.</param>
internal sealed record BackupOutcome(string Path, Manifest List, int CopiedBlocks, long CopiedBytes);
