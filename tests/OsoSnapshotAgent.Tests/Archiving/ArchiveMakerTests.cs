using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Archiving;

/// <summary>
/// Tests writer and verifier together. The one that fails gives the reason, and neither waits for the other for ever.
/// </summary>
public sealed class ArchiveMakerTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock().WithBlock(SampleBlock.OtherUlid);
    private readonly PartialFile _file;

    public ArchiveMakerTests() => _file = PartialFile.Create(_sample.Directory.Open(), "snapshots.tgz.part", "snapshots.tgz");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_what_was_written_and_what_was_read_back()
    {
        (ArchiveFigures figures, ArchiveReport report) = await MakeAsync(_sample.Entries(), Token);

        Assert.Equal((2, figures.Crc32C), (report.Tally.Blocks, report.Crc32C));
        Assert.Empty(report.Problems);
        Assert.Equal(SystemTool.Output("sha256sum", _sample.PartialArchive).Split(' ')[0], figures.Sha256);
    }

    [Fact]
    public async Task A_file_that_changes_is_the_reason_and_not_the_archive_that_breaks_off()
    {
        string index = Path.Join(_sample.SnapshotPath, SampleBlock.OtherUlid, "index");
        IEnumerable<TreeEntry> entries = _sample.Entries().Select(entry =>
        {
            if (entry.PathSeenByAgent == index)
            {
                File.AppendAllText(index, "more");
            }

            return entry;
        });

        await Expect.FailureAsync(() => MakeAsync(entries, Token), ExitStatus.ArchiveFailed, $"{index} grew while it was read", "run again");
    }

    [Fact]
    public async Task No_room_is_the_reason_and_not_the_archive_that_breaks_off() => await Expect.FailureAsync(
        () => MakeAsync(_sample.Entries(), Token, new AgentSettings { Reserve = new Reserve(0, 100) }), ExitStatus.NoRoom, "There is no room for the archive after 0 B", "OSO_SNAPSHOT_RESERVE");

    [Fact]
    public async Task Stopped_in_the_middle_it_ends_as_cancelled()
    {
        using CancellationTokenSource source = new();
        IEnumerable<TreeEntry> entries = _sample.Entries().Select((entry, position) =>
        {
            if (position == 5)
            {
                source.Cancel();
            }

            return entry;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MakeAsync(entries, source.Token));
    }

    [Fact]
    public async Task Damage_on_the_disk_stops_the_writer_and_is_the_reason()
    {
        // The file starts with bytes that are no gzip. Only the verifier can stop the endless entries.
        _file.Stream.Write(new byte[64]);
        IEnumerable<TreeEntry> endless = Enumerable.Range(0, int.MaxValue).SelectMany(_ => _sample.Entries());

        await Expect.FailureAsync(() => MakeAsync(endless, Token), ExitStatus.ArchiveFailed, "The archive can't be read back: ", "check its health");
    }

    public void Dispose()
    {
        _file.Dispose();
        _sample.Dispose();
    }

    private Task<(ArchiveFigures Figures, ArchiveReport Report)> MakeAsync(IEnumerable<TreeEntry> entries, CancellationToken token, AgentSettings? settings = null) =>
        new ArchiveMaker(new ArchiveWriter(settings ?? SampleData.NoReserve, _sample.Progress, _sample.Time, new ProcFileSystem("/proc")))
            .MakeAsync(
                SampleData.Source(entries),
                GzipEngines.Choose(null),
                new VolumeRoom(_sample.Data, (settings ?? SampleData.NoReserve).Reserve),
                _file,
                new WrittenBytes(),
                token);
}
