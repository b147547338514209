using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// Selects the blocks of the snapshot that go into the archive: all, or those that overlap the range of the settings.
/// </summary>
internal sealed class BlockSelection(AgentSettings settings, Transcript transcript)
{
    /// <summary>Selects the blocks, and logs what is archived with which engine.</summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.NoBlock"/>.</exception>
    public ArchiveSource Choose(TargetContainer target, SnapshotName snapshot, IDeflateEngine engine)
    {
        HashSet<BlockId> wanted = WantedBlocks(target.Data, snapshot, out string? leftOut);
        IEnumerable<TreeEntry> entries =
            SnapshotTree.Walk(
                target.Data,
                snapshot,
                name => !BlockId.TryParse(name, out BlockId id) || wanted.Contains(id));
        long inputBytes = ByteSize.Sum(
            entries.Where(entry => entry.Status.IsRegularFile).Select(entry => entry.Status.SizeBytes));
        string blocks = Plural.Of(wanted.Count, "block");
        string workers = Plural.Of(settings.Workers, "worker");
        transcript.Line($"Archiving {ByteSize.Format(inputBytes)} of {blocks} with {workers} of {engine.Name}");
        return new()
        {
            Entries = entries,
            InputBytes = inputBytes,
            Accounts = target.Accounts,
            PrometheusPid = target.Prometheus?.Pid,
            LeftOut = leftOut,
        };
    }

    /// <summary>
    /// The files of Prometheus' own blocks that the snapshot and the archive will hold, and those of the head unless it
    /// is left out.
    /// </summary>
    public IEnumerable<TreeItem> Expected(DataDirectory data) => data.Blocks
        .Where(block => IsWanted(data.Directory, block, _ => { }))
        .SelectMany(block => data.FilesBelow(block.Text))
        .Concat(settings.SkipHead ? [] : data.HeadFiles)
        .Take(DirectoryTree.MaxSortedNames);

    private HashSet<BlockId> WantedBlocks(DataDirectory data, SnapshotName name, out string? leftOut)
    {
        leftOut = null;
        using DirectoryHandle snapshot = SnapshotTree.Open(data, name);
        BlockId[] blocks = [.. DataDirectory.BlocksIn(snapshot).Take(DirectoryTree.MaxSortedNames)];
        if (blocks.Length == 0)
        {
            throw new OperatorException(
                ExitStatus.NoBlock,
                "The snapshot holds no block: this Prometheus has no"
                + $" sample{(settings.SkipHead ? " outside its in-memory head" : string.Empty)}.",
                settings.SkipHead
                    ? "Leave out OSO_SNAPSHOT_SKIP_HEAD, so that the snapshot includes the head."
                    : "See whether Prometheus scrapes anything, and whether it writes to this data directory.");
        }

        HashSet<BlockId> wanted = [.. blocks.Where(block => IsWanted(snapshot, block, Warn))];
        if (wanted.Count > 0 && wanted.Count < blocks.Length)
        {
            leftOut = $"{blocks.Length - wanted.Count} of {Plural.Of(blocks.Length, "block")}, outside the range"
                + $" {Range}";
            transcript.Line("Left out: " + leftOut);
        }

        return wanted.Count > 0 ? wanted : throw new OperatorException(
            ExitStatus.NoBlock,
            $"The snapshot has {Plural.Of(blocks.Length, "block")}, and none overlaps the range {Range}.",
            "Choose another OSO_SNAPSHOT_SINCE or OSO_SNAPSHOT_UNTIL.");
    }

    private void Warn(string warning) => transcript.Warning(LogId.BlockNotDated, warning);

    // A block without readable times is archived: too much is better than too little.
    private bool IsWanted(DirectoryHandle directory, BlockId block, Action<string> warn)
    {
        try
        {
            return (
                settings.Since is null && settings.Until is null)
                    || ReadMeta(directory, block).Overlaps(settings.Since, settings.Until);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            warn(
                $"{directory.PathOf(block.Text)} has no readable meta.json ({e.Message}). The block is archived"
                + " regardless of its time range.");
            return true;
        }
    }

    private static BlockMeta ReadMeta(DirectoryHandle directory, BlockId block)
    {
        using FileStream file = directory.OpenFile($"{block}/{BlockMeta.FileName}");
        return MetaCheck.Read(file);
    }

    private string Range => (settings.Since, settings.Until) switch
    {
        ({ } since, { } until) => $"from {Time(since)} to {Time(until)}",
        ({ } since, null) => $"since {Time(since)}",
        (_, { } until) => $"until {Time(until)}",
        _ => "of all times",
    };

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("u", System.Globalization.CultureInfo.InvariantCulture);
}
