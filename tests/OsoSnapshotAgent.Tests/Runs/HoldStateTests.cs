using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;

namespace OsoSnapshotAgent.Tests.Runs;

public sealed class HoldStateTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly DataDirectory _data;
    private readonly HoldState _hold = new();

    public HoldStateTests() => _data = new(_directory.Open());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_removal_begins_only_during_the_hold()
    {
        Assert.False(_hold.IsHolding);
        Assert.Null(_hold.TryBeginRemoval());
        Assert.False(_hold.IsRemoving);

        _hold.Begin(_data);
        Assert.True(_hold.IsHolding);
        Assert.Same(_data, _hold.TryBeginRemoval());
        Assert.True(_hold.IsRemoving);
        _hold.EndRemoval();

        _hold.End(Token);
        Assert.False(_hold.IsHolding);
        Assert.Null(_hold.TryBeginRemoval());
    }

    [Fact]
    public void Only_one_removal_runs_at_a_time_and_after_a_failed_one_another_may_begin()
    {
        _hold.Begin(_data);
        Assert.Same(_data, _hold.TryBeginRemoval());
        Assert.Null(_hold.TryBeginRemoval());

        _hold.EndRemoval();

        Assert.False(_hold.IsRemoving);
        Assert.Same(_data, _hold.TryBeginRemoval());
    }

    [Fact]
    public void A_hold_that_is_released_lets_no_removal_begin()
    {
        _hold.Begin(_data);
        Assert.False(_hold.IsReleased);
        _hold.Release();

        Assert.True(_hold.IsReleased);
        Assert.Null(_hold.TryBeginRemoval());
    }

    [Fact]
    public async Task The_end_waits_for_the_removal()
    {
        _hold.Begin(_data);
        Assert.Same(_data, _hold.TryBeginRemoval());
        Task end = Task.Run(() => _hold.End(Token), Token);

        await Assert.ThrowsAsync<TimeoutException>(() => end.WaitAsync(TimeSpan.FromSeconds(0.3), Token));
        Assert.True(_hold.IsHolding);
        _hold.EndRemoval();
        await end.WaitAsync(TimeSpan.FromMinutes(2), Token);

        Assert.False(_hold.IsHolding);
    }

    [Fact]
    public async Task A_signal_ends_the_wait_for_the_removal()
    {
        using CancellationTokenSource signal = new();
        _hold.Begin(_data);
        Assert.Same(_data, _hold.TryBeginRemoval());
        Task end = Task.Run(() => _hold.End(signal.Token), Token);
        await Assert.ThrowsAsync<TimeoutException>(() => end.WaitAsync(TimeSpan.FromSeconds(0.3), Token));

        await signal.CancelAsync();

        await end.WaitAsync(TimeSpan.FromMinutes(2), Token);
        Assert.False(_hold.IsHolding);
    }

    public void Dispose()
    {
        _data.Dispose();
        _directory.Dispose();
    }
}
