using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Steps;

/// <summary>Writes the archive under its partial name, and reads it back close behind.</summary>
internal sealed class ArchiveSnapshot(ArchiveMaker maker, SnapshotRun run, AgentSettings settings, Transcript transcript, DirectoryListing listing) : IStep
{
    public async Task RunAsync(CancellationToken token)
    {
        DataDirectory data = run.Target.Data;
        transcript.Title("STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA");
        HashSet<string> wanted = WantedBlocks(data);
        IEnumerable<TreeEntry> Entries() => SnapshotTree.Walk(data, run.Snapshot, path => !Ulid.IsValid(Path.GetFileName(path)) || wanted.Contains(path));

        IDeflateEngine engine = GzipEngines.Choose(settings.Level);
        long inputBytes = Entries().Where(entry => entry.Status.IsRegularFile).Sum(entry => entry.Status.SizeBytes);
        transcript.Line($"Archiving {ByteSize.Format(inputBytes)} of {wanted.Count} block{(wanted.Count == 1 ? string.Empty : "s")} with {settings.Workers} worker{(settings.Workers == 1 ? string.Empty : "s")} of {engine.Name}");
        run.Archive = PartialFile.Create(data.PartialArchive, data.Archive);
        (run.Manifest, run.Verified) = await maker.MakeAsync(Entries(), inputBytes, listing.Names, engine, data, run.Archive, token);
    }

    private HashSet<string> WantedBlocks(DataDirectory data)
    {
        string[] blocks = [.. Directory.EnumerateDirectories(data.SnapshotPath(run.Snapshot)).Where(path => Ulid.IsValid(Path.GetFileName(path)))];
        if (blocks.Length == 0)
        {
            throw new AgentException(
                ExitStatus.NoBlock,
                $"The snapshot holds no block: this Prometheus has no sample{(settings.SkipHead ? " outside its in-memory head" : string.Empty)}.",
                settings.SkipHead ? "Leave out OSO_SNAPSHOT_SKIP_HEAD, so that the head is taken too." : "See whether Prometheus scrapes anything, and whether it writes to this data directory.");
        }

        HashSet<string> wanted = [.. settings.Since is null && settings.Until is null ? blocks : blocks.Where(IsWanted)];
        return wanted.Count > 0 ? wanted : throw new AgentException(
            ExitStatus.NoBlock,
            $"None of the snapshot's {blocks.Length} blocks overlaps the range from {Bound(settings.Since)} to {Bound(settings.Until)}.",
            "Choose another OSO_SNAPSHOT_SINCE or OSO_SNAPSHOT_UNTIL.");
    }

    // A block that can't be dated is archived: better too much than too little.
    private bool IsWanted(string block)
    {
        try
        {
            return BlockMeta.Parse(File.ReadAllBytes(Path.Join(block, BlockMeta.FileName))).Overlaps(settings.Since, settings.Until);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            transcript.Warning($"{block} has no readable meta.json ({e.Message}); it is archived whatever its time range.");
            return true;
        }
    }

    private static string Bound(DateTimeOffset? time) => time?.UtcDateTime.ToString("u", System.Globalization.CultureInfo.InvariantCulture) ?? "any time";
}
