using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>
/// Sends signals at random moments of a run. OSO_TEST_SEED repeats the moments of a printed seed, as exactly as a clock
/// can.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 200;
    private const int KillsBetweenFullRuns = 20;
    private const int SignalsOfEachKind = 20;

    // The agent promises to end within one second. The limit is far above that, because the machine may be busy.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(60);

    private static readonly PodOptions SmallPod = new() { Blocks = new BlockSet(Count: 2, SizeBytes: 2 << 20) };

    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("OSO_TEST_SEED"), CultureInfo.InvariantCulture, out int set) ? set : Environment.TickCount;

    [Fact]
    public async Task After_200_kills_at_random_moments_there_is_no_broken_archive_and_the_next_run_succeeds()
    {
        Random random = Start(out int seed);
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        TimeSpan duration = await MeasureAsync(pod);
        int hits = 0;
        for (int run = 1; hits < Kills; run++)
        {
            Assert.True(run < 3 * Kills, $"Seed {seed}: only {hits} of {run} kills met a running agent.");
            TimeSpan delay = duration * random.NextDouble();
            AgentResult result = await SignalAsync(pod, "KILL", delay);

            hits += result.ExitStatus == 137 ? 1 : 0;
            duration *= Drift(result);
            string what = string.Create(CultureInfo.InvariantCulture, $"Seed {seed}, run {run}, killed after {delay.TotalMilliseconds:F0} ms, exit status {result.ExitStatus}:\n{result.Output}");
            Assert.True(result.ExitStatus is 137 or 0, what);
            await CheckAsync(() => Invariants.HoldAsync(pod), what);
            if (run % KillsBetweenFullRuns == 0)
            {
                AgentResult next = (await pod.RunAgentAsync()).EndedWith(0);
                await CheckAsync(() => Invariants.HoldAndNothingIsLeftAsync(pod, next), what);
            }
        }

        AgentResult last = (await pod.RunAgentAsync()).EndedWith(0);
        await Invariants.HoldAndNothingIsLeftAsync(pod, last);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    [InlineData("HUP", 129)]
    public async Task A_signal_at_any_moment_ends_the_run_at_once_and_leaves_no_partial_file(string signal, int status)
    {
        Random random = Start(out int seed);
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        TimeSpan duration = await MeasureAsync(pod);
        int hits = 0;
        for (int run = 1; hits < SignalsOfEachKind; run++)
        {
            Assert.True(run < 4 * SignalsOfEachKind, $"Seed {seed}: only {hits} of {run} signals met a running agent.");
            TimeSpan delay = duration * random.NextDouble();
            AgentResult result = await SignalAsync(pod, signal, delay);

            hits += result.ExitStatus == status ? 1 : 0;
            duration *= Drift(result);
            string what = string.Create(CultureInfo.InvariantCulture, $"Seed {seed}, run {run}, {signal} after {delay.TotalMilliseconds:F0} ms, exit status {result.ExitStatus}:\n{result.Output}");
            Assert.True(result.ExitStatus == status || result.ExitStatus == 0, what);
            // The agent can't remove a snapshot that Prometheus is still making. Its output names that reason.
            bool isPending = result.Output.Contains("Prometheus is still making the snapshot", StringComparison.Ordinal);
            await CheckAsync(() => isPending ? Invariants.HoldAsync(pod) : Invariants.HoldAndNothingIsLeftAsync(pod, result), what);
            if (isPending)
            {
                (await pod.RunAgentAsync()).EndedWith(0);
            }
        }
    }

    private Random Start(out int seed)
    {
        seed = Seed;
        output.WriteLine($"Seed {seed}; repeat with OSO_TEST_SEED={seed}");
        return new Random(seed);
    }

    // Measures from the moment at which the agent is seen, because the delays of the kills start there too.
    private static async Task<TimeSpan> MeasureAsync(PrometheusPod pod)
    {
        (await pod.RunAgentAsync()).EndedWith(0);
        TimeSpan shortest = TimeSpan.MaxValue;

        // A run that pauses for Prometheus takes a second longer, so the shortest of three counts.
        for (int run = 0; run < 3; run++)
        {
            await using RunningAgent agent = await pod.StartAgentAsync();
            long start = Stopwatch.GetTimestamp();
            (await agent.WaitAsync()).EndedWith(0);
            TimeSpan duration = Stopwatch.GetElapsedTime(start);
            shortest = duration < shortest ? duration : shortest;
        }

        return shortest;
    }

    // Runs become faster or slower with the machine's other work. Most signals are to meet a run, some its very end.
    private static double Drift(AgentResult result) => result.ExitStatus == 0 ? 0.9 : 1.01;

    private static async Task<AgentResult> SignalAsync(PrometheusPod pod, string signal, TimeSpan delay)
    {
        await using RunningAgent agent = await pod.StartAgentAsync();
        await Task.Delay(delay);
        if (agent.Pid is { } pid)
        {
            // The agent may have ended meanwhile. Its exit status shows that.
            await HostCommand.RunAsync(HostCommand.AsRoot("kill", "-s", signal, pid.ToString(CultureInfo.InvariantCulture)));
        }

        return await agent.WaitAsync(LongestEnd);
    }

    private static async Task CheckAsync(Func<Task> check, string what)
    {
        try
        {
            await check();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException(what, e);
        }
    }
}
