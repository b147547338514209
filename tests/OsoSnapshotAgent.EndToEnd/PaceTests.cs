using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>
/// Tests a run beside a Prometheus that always waits for a CPU, because it shares one with two busy loops.
/// </summary>
public sealed class PaceTests
{
    private const string Note = "paused while Prometheus waited for a CPU (OSO_SNAPSHOT_PACE)";

    [Fact]
    public async Task A_run_beside_a_starved_Prometheus_pauses_and_still_ends()
    {
        AgentResult result = await RunBesideStarvedAsync(("OSO_SNAPSHOT_RATE_LIMIT", "2MiB"));

        Assert.Contains(Note, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_full_pace_a_run_does_not_pause()
    {
        AgentResult result = await RunBesideStarvedAsync(("OSO_SNAPSHOT_RATE_LIMIT", "4MiB"), ("OSO_SNAPSHOT_PACE", "full"));

        Assert.DoesNotContain(Note, result.Output, StringComparison.Ordinal);
    }

    private static async Task<AgentResult> RunBesideStarvedAsync(params (string Name, string Value)[] variables)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(WithBlocks());
        await using RunningAgent agent = await StartArchivingAsync(pod, variables);
        using Starvation starved = await Starvation.BeginAsync(pod);

        AgentResult result = (await agent.WaitAsync()).EndedWith(0);

        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        return result;
    }

    private static PodOptions WithBlocks() => new() { Blocks = new BlockSet(Count: 2, SizeBytes: 32 << 20) };

    private static async Task<RunningAgent> StartArchivingAsync(PrometheusPod pod, params (string Name, string Value)[] variables)
    {
        RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Environment = Given.Variables(variables) });
        await Eventually.HoldsAsync(
            () => Task.FromResult(new FileInfo(pod.Archive + ".part") is { Exists: true, Length: > 0 }), () => "no partial archive");
        return agent;
    }

    /// <summary>Puts all of Prometheus' threads and two busy loops of normal priority on the same CPU.</summary>
    private sealed class Starvation(Process[] loops) : IDisposable
    {
        public static async Task<Starvation> BeginAsync(PrometheusPod pod)
        {
            string pid = pod.FirstProcessId.ToString(CultureInfo.InvariantCulture);
            (await HostCommand.RunAsync(HostCommand.AsRoot("taskset", "--all-tasks", "--cpu-list", "--pid", "0", pid))).Succeeded();

            // Without queries Prometheus would sleep, not wait. Each loop ends with the pod.
            string busy = $"while kill -0 {pid}; do :; done";
            string asking = $"exec nsenter --target {pid} --net bash -c 'while exec 3<>/dev/tcp/127.0.0.1/{pod.Options.Port}; do printf \"GET /metrics HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3 >/dev/null; done'";
            return new(
            [
                HostCommand.Start(HostCommand.AsRoot("taskset", "--cpu-list", "0", "bash", "-c", busy)),
                HostCommand.Start(HostCommand.AsRoot("taskset", "--cpu-list", "0", "bash", "-c", busy)),
                HostCommand.Start(HostCommand.AsRoot("bash", "-c", asking)),
            ]);
        }

        public void Dispose()
        {
            foreach (Process loop in loops)
            {
                loop.Kill(entireProcessTree: true);
                loop.Dispose();
            }
        }
    }
}
