using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>An agent that waits beside a pod's Prometheus, and what a client's connections do with it.</summary>
internal sealed class WaitingAgent(RunningAgent agent) : IAsyncDisposable
{
    public RunningAgent Agent => agent;

    public static Task<WaitingAgent> StartAsync(PrometheusPod pod, params string[] options) =>
        StartAsync(pod, new AgentOptions(), options);

    public static async Task<WaitingAgent> StartAsync(PrometheusPod pod, AgentOptions agent, params string[] options)
    {
        WaitingAgent waiting = new(await pod.StartAgentAsync(agent with { Arguments = ["wait", .. options] }));
        await Eventually.HoldsAsync(
            async () => (await waiting.Agent.ExecAsync("status")).ExitStatus == 0, () => "no answer of the waiting agent");
        return waiting;
    }

    public Task<ControlAnswer> StartRunAsync(string run, string kind, params (string Name, string Value)[] settings) =>
        StartRunAsync(new() { Run = run, Kind = kind, Settings = Given.Variables(settings) });

    public async Task<ControlAnswer> StartRunAsync(StartRequest request) => Answer(await ExecAsync(Message(request), "start"));

    /// <summary>Runs a verb whose input stays open until the verb has ended, as a client's does.</summary>
    public async Task<CommandResult> ExecAsync(byte[] input, params string[] arguments)
    {
        using Process exec = agent.StartExec(arguments);
        Task<string> output = exec.StandardOutput.ReadToEndAsync();
        Task<string> error = exec.StandardError.ReadToEndAsync();
        await exec.StandardInput.BaseStream.WriteAsync(input);
        await exec.StandardInput.BaseStream.FlushAsync();
        await exec.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        return new(string.Join(' ', arguments), exec.ExitCode, await output, await error);
    }

    public async Task<ControlAnswer> AskAsync(params string[] arguments) =>
        Answer(await agent.ExecAsync([.. arguments, "--json"]));

    public async Task<RunStatus> StatusAsync() => JsonSerializer.Deserialize(
        (await agent.ExecAsync("status", "--json")).Succeeded().Output, ControlJson.Default.RunStatus)!;

    public Task WaitForAsync(string phase) =>
        Eventually.HoldsAsync(async () => (await StatusAsync()).Phase == phase, () => $"no {phase}");

    /// <summary>Begins to follow the run. The first event has arrived; the inner task has all, when the run has ended.</summary>
    public async Task<Task<RunEvent[]>> StartFollowingAsync(long from = 0)
    {
        Process follow = agent.StartExec("follow", "--from", from.ToString(CultureInfo.InvariantCulture));
        string? first = await follow.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Deadline);
        return RestAsync(follow, first);
    }

    /// <summary>Follows the run to its end.</summary>
    public async Task<RunEvent[]> FollowAsync() => await await StartFollowingAsync();

    public static RunEvent[] Events(string output) =>
    [
        .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, ControlJson.Default.RunEvent)!),
    ];

    /// <summary>Reads something from a verb that goes on.</summary>
    public static async Task ReadSomeAsync(Process exec) =>
        await exec.StandardOutput.BaseStream.ReadExactlyAsync(new byte[100]).AsTask().WaitAsync(Eventually.Deadline);

    public static async Task<int> EndAsync(Process exec)
    {
        await exec.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        return exec.ExitCode;
    }

    public static byte[] Message(StartRequest request)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.StartRequest);
        return [.. Encoding.ASCII.GetBytes($"{json.Length}\n"), .. json];
    }

    public ValueTask DisposeAsync() => agent.DisposeAsync();

    private static async Task<RunEvent[]> RestAsync(Process follow, string? first)
    {
        using Process ending = follow;
        Task<string> error = follow.StandardError.ReadToEndAsync();
        string rest = await follow.StandardOutput.ReadToEndAsync().WaitAsync(Eventually.Deadline);
        Assert.True(await EndAsync(follow) == 0, await error);
        return Events($"{first}\n{rest}");
    }

    private static ControlAnswer Answer(CommandResult result)
    {
        Assert.True(result.Lines.Count > 0, $"{result.Command}: {result.Error}");
        ControlAnswer answer = JsonSerializer.Deserialize(result.Lines[^1], ControlJson.Default.ControlAnswer)!;
        Assert.Equal(result.ExitStatus, answer.ExitStatus);
        return answer;
    }
}
