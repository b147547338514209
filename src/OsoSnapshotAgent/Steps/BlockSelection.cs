using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
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
        IEnumerable<TreeEntry> entries = SnapshotTree.Walk(data, run.Snapshot, name => !Ulid.IsValid(name) || wanted.Contains(name));
        inputBytes = entries.Where(entry => entry.Status.IsRegularFile).Sum(entry => entry.Status.SizeBytes);
        transcript.Line($"Archiving {ByteSize.Format(inputBytes)} of {Plural.Of(wanted.Count, "block")} with {Plural.Of(settings.Workers, "worker")} of {run.Engine.Name}");
        return entries;
    }

    /// <summary>Files of Prometheus' own blocks that the snapshot will hold and the archive too, and of the head unless it is left out.</summary>
    public IEnumerable<TreeItem> Expected(DataDirectory data) => data.Blocks
        .Where(block => IsWanted(data.Directory, block, _ => { }))
        .SelectMany(data.FilesBelow)
        .Concat(settings.SkipHead ? [] : data.HeadFiles)
        .Take(DirectoryTree.MaxSortedNames);

    private HashSet<string> WantedBlocks(DataDirectory data)
    {
        using DirectoryHandle snapshot = SnapshotTree.Open(data, run.Snapshot);
        string[] blocks = [.. DataDirectory.BlocksIn(snapshot).Take(DirectoryTree.MaxSortedNames)];
        if (blocks.Length == 0)
        {
            throw new AgentException(
                ExitStatus.NoBlock,
                $"The snapshot holds no block: this Prometheus has no sample{(settings.SkipHead ? " outside its in-memory head" : string.Empty)}.",
                settings.SkipHead ? "Leave out OSO_SNAPSHOT_SKIP_HEAD, so that the head is taken too." : "See whether Prometheus scrapes anything, and whether it writes to this data directory.");
        }

        HashSet<string> wanted = [.. blocks.Where(block => IsWanted(snapshot, block, transcript.Warning))];
        if (wanted.Count > 0 && wanted.Count < blocks.Length)
        {
            run.LeftOut = $"{blocks.Length - wanted.Count} of {Plural.Of(blocks.Length, "block")}, outside the range {Range}";
            transcript.Line("Left out: " + run.LeftOut);
        }

        return wanted.Count > 0 ? wanted : throw new AgentException(
            ExitStatus.NoBlock,
            $"The snapshot has {Plural.Of(blocks.Length, "block")}, and none overlaps the range {Range}.",
            "Choose another OSO_SNAPSHOT_SINCE or OSO_SNAPSHOT_UNTIL.");
    }

    // A block that can't be dated is archived: better too much than too little.
    private bool IsWanted(DirectoryHandle directory, string block, Action<string> warn)
    {
        try
        {
            return (settings.Since is null && settings.Until is null) || MetaCheck.Read(directory, $"{block}/{BlockMeta.FileName}").Overlaps(settings.Since, settings.Until);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            warn($"{directory.PathOf(block)} has no readable meta.json ({e.Message}); it is archived whatever its time range.");
            return true;
        }
    }

    private string Range => (settings.Since, settings.Until) switch
    {
        ({ } since, { } until) => $"from {Time(since)} to {Time(until)}",
        ({ } since, null) => $"since {Time(since)}",
        (_, { } until) => $"until {Time(until)}",
        _ => "of all times",
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("u", System.Globalization.CultureInfo.InvariantCulture);
}
