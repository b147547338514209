using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Runs an agent that reads endless input, and watches its memory.</summary>
internal static class Measured
{
    /// <summary>The maximum of the agent's memory, for any input.</summary>
    public const long MaxBytes = 64 << 20;

    // An agent that needs this much would soon take all of the machine's memory.
    private const long KillBytes = 1L << 30;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static async Task<AgentResult> RunAsync(PrometheusPod pod, AgentOptions options)
    {
        await using RunningAgent agent = await pod.StartAgentAsync(options);
        return await WaitAsync(agent);
    }

    /// <summary>
    /// Waits until the agent has ended. The test fails if the agent took more than <see cref="MaxBytes"/>.
    /// </summary>
    public static async Task<AgentResult> WaitAsync(RunningAgent agent)
    {
        long peak = 0;
        Task<AgentResult> ending = agent.WaitAsync(Deadline);
        while (!ending.IsCompleted)
        {
            peak = Math.Max(peak, agent.Pid is { } pid ? PeakBytes(pid) : 0);
            if (peak > KillBytes)
            {
                await agent.SignalAsync("KILL");
                break;
            }

            await Task.WhenAny(ending, Task.Delay(TimeSpan.FromMilliseconds(5)));
        }

        AgentResult result = await ending;
        string message = $"The agent took {peak >> 20} MiB and ended with status {result.ExitStatus}.";
        Assert.True(peak is > 0 and <= MaxBytes, message);
        return result;
    }

    // Returns 0 if the process has ended.
    private static long PeakBytes(int pid)
    {
        string? kibibytes = ProcessTable.StatusOf(pid, "VmHWM")?.Split(' ')[0];
        return kibibytes is null ? 0 : 1024 * long.Parse(kibibytes, CultureInfo.InvariantCulture);
    }
}
