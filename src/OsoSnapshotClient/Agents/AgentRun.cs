using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// A run of an agent, which this client follows: it shows the log and knows how far the run is. The run belongs to the
/// agent, so a broken connection is made anew.
/// </summary>
internal sealed class AgentRun : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    // An agent sends at least one event in ten seconds.
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(1);

    private static readonly RunStatus Unknown = new() { Phase = PhaseNames.Of(Phase.Finish), ElapsedSeconds = 0 };

    private readonly CancellationTokenSource _stop = new();
    private readonly object _lock = new();
    private readonly Task _following;
    private TaskCompletionSource _changed = NewSource();
    private RunStatus? _status;
    private Exception? _failure;
    private long _position;
    private bool _isNamed = true;

    private AgentRun(RemoteAgent agent, string name)
    {
        (Agent, Name) = (agent, name);
        _following = Task.Run(FollowAsync);
    }

    public RemoteAgent Agent { get; }

    /// <summary>The run's name. The agent's status shows it, so that no run is taken for another.</summary>
    public string Name { get; }

    /// <summary>How the run ended; null while it is at work.</summary>
    public RunEnd? End => Volatile.Read(ref _status)?.End;

    private PodAccess Access => Agent.Access;

    public static AgentRun Follow(RemoteAgent agent, string name) => new(agent, name);

    /// <summary>Waits until the run is that far.</summary>
    /// <exception cref="RunEndedException">The run ended before.</exception>
    /// <exception cref="OperatorException">The agent does not answer for long, or can't be understood.</exception>
    public async Task<RunStatus> WaitAsync(Predicate<RunStatus> isReached, CancellationToken token)
    {
        while (true)
        {
            (RunStatus? status, Task changed) = Now();
            if (status is not null && isReached(status))
            {
                Access.Report.Pause();
                return status;
            }

            if (status?.End is { } end)
            {
                Access.Report.Pause();
                throw await EndedAsync(end, token);
            }

            if (status is not null)
            {
                Access.Report.Advance(Describe(status));
            }

            await changed.WaitAsync(token);
        }
    }

    /// <returns>How the run ended; null if it has not ended in time.</returns>
    public async Task<RunEnd?> AwaitEndAsync(TimeSpan limit, CancellationToken token)
    {
        try
        {
            return (await WaitAsync(status => status.End is not null, token).WaitAsync(limit, token)).End;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Fails if the run has ended.</summary>
    /// <exception cref="RunEndedException">It has.</exception>
    public async Task ThrowIfEndedAsync(CancellationToken token)
    {
        if (End is { } end)
        {
            throw await EndedAsync(end, token);
        }
    }

    /// <summary>Stops following. The run continues.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _stop.Dispose();
    }

    private (RunStatus? Status, Task Changed) Now()
    {
        lock (_lock)
        {
            return _failure is { } failure ? throw failure : (_status, _changed.Task);
        }
    }

    private async Task FollowAsync()
    {
        AnswerTimeout timeout = new(Access.Report);
        try
        {
            while (End is null)
            {
                string problem = await ReadAsync(timeout, _stop.Token);
                if (End is null && await ReadStateAsync(_stop.Token) is { HasEnded: true } state)
                {
                    Update(Ended(state));
                }

                if (End is null)
                {
                    timeout.Check(problem);
                    await Task.Delay(Pause, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // DisposeAsync was called.
        }
#pragma warning disable CA1031 // The caller that waits for the run gets the failure.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Change(() => _failure = e);
        }
    }

    /// <returns>Why the connection ended.</returns>
    private async Task<string> ReadAsync(AnswerTimeout timeout, CancellationToken token)
    {
        IRemoteProcess process;
        try
        {
            process = await Agent.StartAsync(
                ["follow", .. _isNamed ? (string[])[Name] : [], "--until-input-ends", "--from", $"{_position}"], token);
        }
        catch (ClusterException e)
        {
            return e.Message;
        }

        await using IRemoteProcess closed = process;
        using SilenceLimit silence = new(process, MaxSilence, token);
        Task<string> error = RemoteText.ReadAsync(process.Error);
        using StreamReader lines = new(process.Output);
        try
        {
            await foreach (string line in BoundedLines.ReadAsync(lines, RemoteText.MaxBytes))
            {
                silence.Heard();
                timeout.Reset();
                if (!Take(AgentAnswers.Event(line, Access)))
                {
                    return "what answers there is another run";
                }
            }
        }
        catch (IOException e)
        {
            return e.Message;
        }

        RemoteEnd end = await process.Ended.WaitAsync(token);

        // An agent that follows whatever run it has takes no name.
        _isNamed &= end.ExitCode != (int)ExitStatus.Settings;
        return await error is { Length: > 0 } text ? text : end.Problem;
    }

    /// <returns>False if the event is another run's.</returns>
    private bool Take(RunEvent one)
    {
        if (one.Run is { } status)
        {
            if (status.Client != Name)
            {
                Update(GoneFor(status.Client));
                return false;
            }

            Update(status);
        }

        if (one.Line is { } line && one.Position > _position)
        {
            _position = one.Position;
            Access.Report.Log(line);
        }

        return true;
    }

    // The container has ended, and the agent could not say why.
    private RunStatus Ended(ContainerState state) => (_status ?? Unknown) with
    {
        End = new()
        {
            ExitStatus = state.ExitCode,
            Message = state.Message.Length > 0 ? state.Message : $"see {Access.LogCommand(Agent.Container)}",
            EndedBy = state.ExitCode == (int)ExitStatus.EndedByAnother ? "another client" : null,
            At = state.EndedAt ?? TimeProvider.System.GetUtcNow(),
        },
    };

    // Another run: the agent stays in the pod, and has begun a later one. No run, though this one was seen: the agent
    // began anew. Otherwise an earlier client was killed before it told its agent to start.
    private RunStatus GoneFor(string? other) => (_status ?? Unknown) with
    {
        End = new()
        {
            ExitStatus = (int)(other is not null ? ExitStatus.EndedByAnother
                : _status is null ? ExitStatus.Done
                : ClientStatus.Failed),
            Message = other is not null ? "the agent has taken that client's run since"
                : _status is null ? "it never began"
                : "the agent no longer knows it",
            EndedBy = other,
            At = TimeProvider.System.GetUtcNow(),
        },
    };

    private async Task<ContainerState?> ReadStateAsync(CancellationToken token) =>
        (await Access.TryReadPod(token))?.StateOf(Agent.Container);

    private async Task<RunEndedException> EndedAsync(RunEnd end, CancellationToken token) =>
        new(end, TargetEnd.Describe(await Access.TryReadPod(token), end.ExitStatus, end.At));

    private void Update(RunStatus status) => Change(() => _status = status);

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            _changed.SetResult();
            _changed = NewSource();
        }
    }

    private static PodProgress Describe(RunStatus status) => status.Phase switch
    {
        "capture-snapshot" => new("Prometheus makes the snapshot", 0, null),
        "archive-snapshot" => new("archiving", status.ArchiveBytes ?? 0, null),
        "load-blocks" => new("Prometheus loads the blocks: it looks for new ones once a minute", 0, null),
        _ => new(status.Phase, 0, null),
    };

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
