using OsoSnapshotAgent.Procedures;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;

namespace OsoSnapshotAgent.Tests.Procedures;

public sealed class RoomCheckTests : IDisposable
{
    private const string Head =
        "Not enough room: about 512.0 MiB are needed (512 MiB that Prometheus reserves for the in-memory head while it makes the snapshot). ";

    private const string NoHead = "Not enough room: about 1 B are needed (the snapshot's directories). ";

    private readonly TempDirectory _directory = new();

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
