using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;

namespace OsoSnapshotAgent.Tests.Runs;

public sealed class RoomCheckTests : IDisposable
{
    private const string Head =
        "Not enough room: about 512.0 MiB are needed (512 MiB that Prometheus reserves for the in-memory head while it makes the snapshot). ";

    private const string NoHead = "Not enough room: about 1 B are needed (the snapshot's directories). ";

    private readonly TempDirectory _directory = new(isInMemory: true);

    [Theory]
    [InlineData(false, true, Head, "OSO_SNAPSHOT_SKIP_HEAD=yes. Or archive less")]
    [InlineData(true, true, NoHead, "if Prometheus can spare it. Or archive less with OSO_SNAPSHOT_SINCE.")]
    [InlineData(false, false, Head, "OSO_SNAPSHOT_SKIP_HEAD=yes.")]
    [InlineData(true, false, NoHead, "if Prometheus can spare it.")]
    public void Refuses_to_begin_without_room(bool skipHead, bool makesArchive, string problem, string remedy)
    {
        using Agent agent = new(_directory, new AgentSettings { SkipHead = skipHead, Reserve = new Reserve(0, 100) });

        Expect.Failure(() => Require(agent, makesArchive), ExitStatus.NoRoom, problem, remedy);
    }

    [Fact]
    public void Offers_a_stream_if_only_the_archive_has_no_room()
    {
        using Agent agent = new(_directory, SampleData.NoReserve with { SkipHead = true });

        // Empty space compresses so well that only petabytes of it need too much room.
        foreach (int segment in Enumerable.Range(1, 256))
        {
            string path = _directory.Write($"{SampleBlock.Ulid}/chunks/{segment:D6}", string.Empty);
            using FileStream chunks = File.OpenWrite(path);
            chunks.SetLength(8L << 40);
        }

        Expect.Failure(
            () => Require(agent, makesArchive: true), ExitStatus.NoRoom, "for the archive", "oso-snapshot export --stream.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Says_how_much_room_there_is(bool makesArchive)
    {
        using Agent agent = new(_directory, SampleData.NoReserve with { SkipHead = true });

        Require(agent, makesArchive);

        Assert.StartsWith($"Room: {_directory.Root} has ", Assert.Single(agent.Transcript.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_that_failed_needs_no_room()
    {
        Sparse("wal/checkpoint.00000009.tmp/00000000", "200T");
        using Agent agent = new(_directory, SampleData.NoReserve);

        Require(agent, makesArchive: false);
    }

    [Fact]
    public void The_parts_add_up_to_what_is_needed()
    {
        Sparse("wal/00000001", "200T");
        using Agent agent = new(_directory, SampleData.NoReserve);

        OperatorException failure = Assert.Throws<OperatorException>(() => Require(agent, makesArchive: false));

        Assert.Contains("about 200.0 TiB are needed (some 200.0 TiB for the block of the in-memory head)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_no_long_can_add_are_too_much_and_no_overflow()
    {
        Sparse("wal/00000001", "7E");
        Sparse("wal/00000002", "7E");
        using Agent agent = new(_directory, SampleData.NoReserve);

        Assert.All((bool[])[false, true], makesArchive => Assert.Contains(
            "about 8.0 EiB are needed",
            Assert.Throws<OperatorException>(() => Require(agent, makesArchive)).Message,
            StringComparison.Ordinal));
    }

    private void Sparse(string file, string size)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory.PathOf(file))!);
        SystemTool.Output("truncate", "-s", size, _directory.PathOf(file));
    }

    public void Dispose() => _directory.Dispose();

    private static void Require(Agent agent, bool makesArchive)
    {
        if (makesArchive)
        {
            agent.Get<RoomCheck>().RequireForArchive(agent.Target.Data, GzipEngines.Choose(level: null));
        }
        else
        {
            agent.Get<RoomCheck>().RequireForSnapshot(agent.Target.Data);
        }
    }
}
