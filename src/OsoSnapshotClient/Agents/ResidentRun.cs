using System.Diagnostics;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>A run of the agent through exec, in a container that stays.</summary>
/// <param name="container">The container, which sleeps between runs.</param>
/// <param name="run">The run's name. The agent's status shows it, so that no run is taken for another.</param>
internal sealed class ResidentRun(PodAccess access, PodWatch watch, string container, string run)
    : AgentContainer(access, watch, container, startBefore: null)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(1);

    private readonly ExecLog _log = new(access);
    private IReadOnlyList<string> _settings = [];
    private long _heardAt = Stopwatch.GetTimestamp();

    public override string Run => run;

    public override AgentLog Log => _log;

    /// <returns>The name of the run in a container; empty if no agent runs there, null if that is unknown.</returns>
    public static async Task<string?> ReadRunAsync(AgentContainer agent, CancellationToken token)
    {
        KubectlAnswer answer = await agent.AskAsync(["status", "--json"], token);
        try
        {
            return answer.ExitCode == (int)ExitStatus.TargetUnreachable ? string.Empty
                : AgentAnswers.Status(answer, agent.Access).Client ?? "unnamed";
        }
        catch (OperatorException)
        {
            return null;
        }
    }

    public override IReadOnlyList<string> Command(params IReadOnlyList<string> words) =>
        ["env", .. Variables(_settings), "oso-snapshot", .. words];

    public override Task RequestAsync(string target, IReadOnlyList<string> settings, CancellationToken token)
    {
        Access.Report.Say($"Starting the agent in the resident container {Name} of pod {Access.Pod}");
        _settings = settings;
        _log.Begin(Start(_log.Wrap(Command())));
        return Task.CompletedTask;
    }

    // The container runs already. If the agent in it does not start, its exit status shows that.
    public override Task<AgentState> AwaitStartAsync(CancellationToken token) =>
        Task.FromResult(AgentState.Of(new() { Running = new() }));

    public override async Task<AgentState?> ReadStateAsync(CancellationToken token)
    {
        if (_log.ExitCode is { } told)
        {
            return Ended(told, string.Empty);
        }

        AgentState? state = await base.ReadStateAsync(token);
        if (state is not { Phase: ContainerPhase.Running })
        {
            return state;
        }

        string? found = await ReadRunAsync(this, token);
        if (found is null)
        {
            return null;
        }

        if (found == run)
        {
            _heardAt = Stopwatch.GetTimestamp();
            return state;
        }

        // The agent may not listen yet, or no longer.
        bool mayRun = !_log.Ended.IsCompleted && Stopwatch.GetElapsedTime(_heardAt) < MaxSilence;
        return mayRun ? state : Ended((int)ClientStatus.Failed, "the connection broke before the agent reported why");
    }

    public override async Task<AgentState?> AwaitEndAsync(TimeSpan limit, CancellationToken token)
    {
        long startedAt = Stopwatch.GetTimestamp();
        TimeSpan left = limit;
        while (left > TimeSpan.Zero)
        {
            bool isConnected = !_log.Ended.IsCompleted;
            Task pause = Task.Delay(isConnected || left < Interval ? left : Interval, token);
            await (isConnected ? Task.WhenAny(_log.Ended, pause) : pause);
            token.ThrowIfCancellationRequested();
            if (_log.Ended.IsCompleted && await ReadStateAsync(token) is { HasEnded: true } end)
            {
                return end;
            }

            left = limit - Stopwatch.GetElapsedTime(startedAt);
        }

        return null;
    }

    private static AgentState Ended(int exitCode, string message) =>
        new(ContainerPhase.Terminated, string.Empty, message, exitCode);
}
