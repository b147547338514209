using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Archiving;

/// <summary>
/// Tests the feedback loop on a manual clock. Each slice takes 10 ms, and a rule says how long Prometheus waits
/// meanwhile.
/// </summary>
public sealed class PaceTests : IDisposable
{
    private const int Pid = 7;
    private const int Thread = 70;

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);

    private readonly TempDirectory _directory = new();
    private readonly FakeProc _proc;
    private readonly ManualTime _time = new();
    private readonly Pace _pace;
    private TimeSpan _waited;

    public PaceTests()
    {
        _proc = new(_directory);
        _proc.SetWait(Pid, Thread, TimeSpan.Zero);
        _pace = new(new CpuWait(_proc.FileSystem, Pid), _time);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Where_nobody_waits_it_never_pauses()
    {
        Work(slices: 1000, waitPerWork: 0.05);

        Assert.Equal((1.0, TimeSpan.Zero), (_pace.Share, _pace.Paused));
        Assert.Equal(ManualTime.Start + (1000 * Slice), _time.GetUtcNow());
    }

    [Fact]
    public void A_single_peak_costs_nothing()
    {
        Work(slices: 100, waitPerWork: 0);
        Work(slices: 10, waitPerWork: 0.15);
        Work(slices: 100, waitPerWork: 0);

        Assert.Equal(TimeSpan.Zero, _pace.Paused);
    }

    [Fact]
    public void While_Prometheus_waits_because_of_the_run_it_slows_down_but_never_below_a_fifth()
    {
        Work(slices: 1000, waitPerWork: 5);

        Assert.Equal(Pace.MinShare, _pace.Share);
        Assert.InRange(1000 * Slice / (_time.GetUtcNow() - ManualTime.Start), 0.2, 0.3);
    }

    [Fact]
    public void What_Prometheus_waits_without_the_run_counts_for_nothing()
    {
        _time.OnSkip = () => Wait(TimeSpan.FromMilliseconds(500));
        Work(slices: 100, waitPerWork: 0.4);

        // The pace paused once, to measure this waiting.
        Assert.Equal((1.0, TimeSpan.FromSeconds(1)), (_pace.Share, _pace.Paused));
    }

    [Fact]
    public void Once_nobody_waits_any_more_it_has_its_full_speed_again()
    {
        Work(slices: 500, waitPerWork: 5);
        Work(slices: 500, waitPerWork: 0);

        Assert.Equal(1, _pace.Share);
    }

    [Fact]
    public void A_Prometheus_that_ends_is_not_waited_for()
    {
        Work(slices: 500, waitPerWork: 5);
        Directory.Delete(Path.Join(_proc.Root, "7"), recursive: true);
        Run(slices: 500);

        Assert.Equal(1, _pace.Share);
    }

    [Fact]
    public void A_long_gap_between_two_slices_is_not_paid_for_by_a_long_pause()
    {
        Work(slices: 500, waitPerWork: 5);
        _time.Advance(TimeSpan.FromDays(1));
        TimeSpan before = _pace.Paused;

        _pace.BeforeSlice(Token);

        // The pause includes a new measurement of the baseline.
        Assert.InRange(_pace.Paused - before, TimeSpan.Zero, TimeSpan.FromSeconds(1.1));
    }

    [Fact]
    public async Task A_pause_ends_as_soon_as_the_run_shall_stop()
    {
        using CancellationTokenSource stop = new();
        Pace real = new(new CpuWait(_proc.FileSystem, Pid), TimeProvider.System);
        Task pausing = Task.Run(
            () =>
            {
                while (true)
                {
                    Wait(TimeSpan.FromSeconds(1));
                    real.BeforeSlice(stop.Token);
                }
            },
            Token);
        while (real.Paused == TimeSpan.Zero)
        {
            await Task.Delay(1, Token);
        }

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pausing);
    }

    public void Dispose() => _directory.Dispose();

    private void Work(int slices, double waitPerWork) => Run(slices, () => Wait(Slice * waitPerWork));

    private void Run(int slices, Action? meanwhile = null)
    {
        for (int i = 0; i < slices; i++)
        {
            _time.Advance(Slice);
            meanwhile?.Invoke();
            _pace.BeforeSlice(Token);
        }
    }

    private void Wait(TimeSpan time) => _proc.SetWait(Pid, Thread, _waited += time);
}
