using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Steps;

/// <summary>What of the snapshot goes into the archive: all of it, or the blocks that overlap the range asked for.</summary>
internal sealed class BlockSelection(SnapshotRun run, AgentSettings settings, Transcript transcript)
{
    /// <summary>Says what is going to be archived, and by what.</summary>
    /// <param name="inputBytes">The sum of the entries' sizes.</param>
    /// <returns>The entries; the directories are read anew each time.</returns>
    /// <exception cref="AgentException">With <see cref="ExitStatus.NoBlock"/>.</exception>
    public IEnumerable<TreeEntry> Choose(out long inputBytes)
    {
        DataDirectory data = run.Target.Data;
        HashSet<string> wanted = WantedBlocks(data);
        IEnumerable<TreeEntry> entries = SnapshotTree.Walk(data, run.Snapshot, path => !Ulid.IsValid(Path.GetFileName(path)) || wanted.Contains(path));
        inputBytes = entries.Where(entry => entry.Status.IsRegularFile).Sum(entry => entry.Status.SizeBytes);
        transcript.Line($"Archiving {ByteSize.Format(inputBytes)} of {wanted.Count} block{(wanted.Count == 1 ? string.Empty : "s")} with {settings.Workers} worker{(settings.Workers == 1 ? string.Empty : "s")} of {run.Engine.Name}");
        return entries;
    }

    /// <summary>Files of Prometheus' own blocks that the snapshot will hold and the archive too, and of the head unless it is left out.</summary>
    public IEnumerable<string> Expected(DataDirectory data) => DataDirectory.Blocks(data.PathSeenByAgent)
        .Where(block => IsWanted(block, _ => { }))
        .Concat(settings.SkipHead ? [] : data.HeadDirectories)
        .SelectMany(DataDirectory.FilesBelow);

    private HashSet<string> WantedBlocks(DataDirectory data)
    {
        string[] blocks = [.. DataDirectory.Blocks(data.SnapshotPath(run.Snapshot))];
        if (blocks.Length == 0)
        {
            throw new AgentException(
                ExitStatus.NoBlock,
                $"The snapshot holds no block: this Prometheus has no sample{(settings.SkipHead ? " outside its in-memory head" : string.Empty)}.",
                settings.SkipHead ? "Leave out OSO_SNAPSHOT_SKIP_HEAD, so that the head is taken too." : "See whether Prometheus scrapes anything, and whether it writes to this data directory.");
        }

        HashSet<string> wanted = [.. blocks.Where(block => IsWanted(block, transcript.Warning))];
        if (wanted.Count > 0 && wanted.Count < blocks.Length)
        {
            run.LeftOut = $"{blocks.Length - wanted.Count} of {blocks.Length} blocks, outside the range from {Bound(settings.Since)} to {Bound(settings.Until)}";
            transcript.Line("Left out: " + run.LeftOut);
        }

        return wanted.Count > 0 ? wanted : throw new AgentException(
            ExitStatus.NoBlock,
            $"None of the snapshot's {blocks.Length} blocks overlaps the range from {Bound(settings.Since)} to {Bound(settings.Until)}.",
            "Choose another OSO_SNAPSHOT_SINCE or OSO_SNAPSHOT_UNTIL.");
    }

    // A block that can't be dated is archived: better too much than too little.
    private bool IsWanted(string block, Action<string> warn)
    {
        try
        {
            return (settings.Since is null && settings.Until is null) || MetaCheck.Read(Path.Join(block, BlockMeta.FileName)).Overlaps(settings.Since, settings.Until);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            warn($"{block} has no readable meta.json ({e.Message}); it is archived whatever its time range.");
            return true;
        }
    }

    private static string Bound(DateTimeOffset? time) => time?.UtcDateTime.ToString("u", System.Globalization.CultureInfo.InvariantCulture) ?? "any time";
}
