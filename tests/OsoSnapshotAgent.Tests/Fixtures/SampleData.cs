using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>A data directory with one snapshot, and the archive of it.</summary>
internal sealed class SampleData : IDisposable
{
    public const string Name = "20250820T165101Z-0eb533ff8d43ed64";

    private readonly TempDirectory _directory = new();
    private readonly ConsoleOutput _console = new(_ => true);

    public SampleData()
    {
        _directory.Make("wal");
        _directory.Write("wal/00000000", "live");
        _directory.Make($"snapshots/{Name}");
    }

    /// <summary>Settings without a reserve: a test must not depend on how full the disk is.</summary>
    public static AgentSettings NoReserve { get; } = new() { Reserve = new Reserve(0, 0) };

    public TempDirectory Directory => _directory;

    public DataDirectory Data => new(_directory.Open());

    public string PartialArchive => _directory.PathOf(DataDirectory.PartialName);

    public SnapshotName Snapshot { get; } = SnapshotName.TryParse(Name, out SnapshotName? name) ? name : throw new InvalidOperationException();

    public string SnapshotPath => _directory.PathOf($"snapshots/{Name}");

    public ManualTime Time { get; } = new();

    /// <summary>The entries of the archive that was written last.</summary>
    public List<ArchivedEntry> Archived { get; } = [];

    public Progress Progress => new(_console, new Terminal(), Time);

    public SampleData WithBlock(string ulid = SampleBlock.Ulid, bool hasTombstones = true)
    {
        SampleBlock.Write(SnapshotPath, ulid, hasTombstones: hasTombstones);
        return this;
    }

    /// <summary>Makes a source of these entries, with the account names of this machine.</summary>
    public static ArchiveSource Source(IEnumerable<TreeEntry> entries) =>
        new() { Entries = entries, InputBytes = 1, Accounts = new AccountNames(ContainerRoot.OpenOwn().TryReadStart) };

    public IEnumerable<TreeEntry> Entries() => SnapshotTree.Walk(Data, Snapshot, _ => true);

    public ArchiveFigures Write(Stream file, AgentSettings? settings = null, IEnumerable<TreeEntry>? entries = null, CancellationToken? token = null) =>
        Write(file, settings ?? NoReserve, entries ?? Entries(), token ?? TestContext.Current.CancellationToken);

    /// <summary>Writes the archive under its partial name.</summary>
    public ArchiveFigures WritePartial(AgentSettings? settings = null, IEnumerable<TreeEntry>? entries = null, CancellationToken? token = null)
    {
        using FileStream file = File.Create(PartialArchive);
        return Write(file, settings, entries, token);
    }

    /// <summary>Reads the archive under its partial name back.</summary>
    public ArchiveReport Verify(ArchiveFigures figures, IEnumerable<ArchivedEntry>? entries = null, CancellationToken? token = null)
    {
        WrittenBytes written = new();
        using FileStream file = File.OpenRead(PartialArchive);
        written.Advance(file.Length);
        written.Complete();
        using ArchiveFollower follower = new(file.SafeFileHandle, written);
        BlockAudit audit = ArchiveVerifier.Verify(follower, entries ?? Archived, token ?? TestContext.Current.CancellationToken);
        ArchiveVerifier.CompareFile(figures.Crc32C, follower.Crc32C);
        return new() { Tally = audit.Tally, Blocks = audit.Blocks, Problems = audit.Problems, Crc32C = follower.Crc32C };
    }

    public void Dispose()
    {
        _console.Dispose();
        _directory.Dispose();
    }

    private ArchiveFigures Write(Stream file, AgentSettings settings, IEnumerable<TreeEntry> entries, CancellationToken token)
    {
        Archived.Clear();
        return new ArchiveWriter(settings, Progress, Time, new ProcFileSystem("/proc"))
            .Write(
                Source(entries),
                GzipEngines.Choose(settings.Level),
                new VolumeRoom(Data, settings.Reserve),
                file,
                Archived.Add,
                new WrittenBytes(),
                token);
    }
}
