using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Runs;

public sealed class HeldRemovalTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly DataDirectory _data;
    private readonly HoldState _hold = new();

    public HeldRemovalTests()
    {
        _directory.Write("snapshots.tgz", "archive");
        _directory.Write("snapshots/20250820T165101Z-0eb533ff8d43ed64/index", "index");
        _data = new(_directory.Open());
        _hold.Begin(_data);
    }

    [Fact]
    public void A_stream_beside_it_keeps_everything_and_the_hold()
    {
        using FileLock? stream = _directory.Open().TryLock(isShared: true);
        Assert.NotNull(stream);

        Expect.Failure(() => Remove(CancellationToken.None), ExitStatus.Busy, "Another run is at work on ", "Wait until");

        Assert.Contains("snapshots.tgz", _directory.Content());
        Assert.False(_hold.IsReleased);
    }

    [Fact]
    public void Stopped_it_says_so_keeps_the_archive_and_the_hold_and_can_begin_again()
    {
        Expect.Failure(
            () => Remove(new CancellationToken(canceled: true)), ExitStatus.ArchiveFailed, "Not everything could be removed: ", "ask again");
        Assert.Contains("snapshots.tgz", _directory.Content());
        Assert.Equal((true, false, false), (_hold.IsHolding, _hold.IsRemoving, _hold.IsReleased));

        Assert.Equal(["snapshots/", "snapshots.tgz"], Remove(CancellationToken.None));
        Assert.Empty(_directory.Content());
    }

    public void Dispose()
    {
        _data.Dispose();
        _directory.Dispose();
    }

    private IReadOnlyList<string> Remove(CancellationToken token)
    {
        HeldRemoval? removal = HeldRemoval.TryBegin(_hold);
        Assert.NotNull(removal);
        return removal.Run(token);
    }
}
