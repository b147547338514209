using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>Begins runs.</summary>
internal interface IRunLauncher
{
    /// <exception cref="OperatorException">The settings are wrong. No run has begun.</exception>
    LiveRun Begin(StartRequest request, ChangeSignal changes);
}

/// <summary>
/// Does nothing until <c>oso-snapshot start</c> asks for a run. So a container that starts when its client has given up
/// touches nothing. The run belongs to this process: a broken connection changes nothing.
/// </summary>
/// <param name="isResident">Whether further runs may follow the first.</param>
internal sealed class WaitingAgent(bool isResident, IRunLauncher launcher, TimeProvider time) : IAgent
{
    private const int MaxEarlier = 16;
    private const string EndIt = "Wait for its end, or end it: oso-snapshot release, oso-snapshot cancel.";

    private static readonly TimeSpan MaxIdle = TimeSpan.FromMinutes(15);

    // The client may need another connection to read how the run ended.
    private static readonly TimeSpan EndIsKept = TimeSpan.FromSeconds(2);

    private readonly object _lock = new();
    private readonly Queue<RunStatus> _earlier = [];
    private readonly long _startedAt = time.GetTimestamp();
    private long _toldAt = time.GetTimestamp();
    private LiveRun? _run;
    private bool _isOver;

    public bool IsWaiting => true;

    public LiveRun? Run
    {
        get
        {
            lock (_lock)
            {
                return _run;
            }
        }
    }

    public ChangeSignal Changes { get; } = new();

    public RunStatus Describe() => Run?.State.Describe() ?? new()
    {
        Phase = PhaseNames.Of(Phase.Wait),
        Version = ProductVersion.Text,
        ElapsedSeconds = time.GetElapsedTime(_startedAt).TotalSeconds,
    };

    public RunStatus? Earlier(string run)
    {
        lock (_lock)
        {
            return _earlier.LastOrDefault(status => status.Client == run);
        }
    }

    public void Touch()
    {
        lock (_lock)
        {
            _toldAt = time.GetTimestamp();
        }
    }

    public ControlAnswer Start(ReadOnlySpan<byte> request)
    {
        if (StartRequest.TryParse(request) is not { } asked)
        {
            return Refuse(
                ExitStatus.Settings,
                "The request is no run that this agent knows.",
                "Use a client of the same version.");
        }

        lock (_lock)
        {
            if (AnswerWithoutRun(asked.Run) is { } answer)
            {
                return answer;
            }

            try
            {
                LiveRun run = launcher.Begin(asked, Changes);
                Remember(_run?.State.Describe());
                _run = run;
            }
            catch (OperatorException e)
            {
                return Refuse(e.Status, e.Message, e.Remedy);
            }
        }

        Changes.Pulse();
        return new() { Run = Describe() };
    }

    public ControlAnswer Quit(bool evenIfResident)
    {
        lock (_lock)
        {
            if (_run?.State.HasEnded == false)
            {
                return Refuse(
                    ExitStatus.Busy,
                    $"A run is at work in this container, at {_run.State.Describe().Phase}.",
                    EndIt);
            }

            _isOver |= evenIfResident || !isResident;
        }

        Changes.Pulse();
        return new() { Run = Describe() };
    }

    /// <summary>Waits until the agent has nothing to do any more.</summary>
    /// <param name="signals">Tells that the process must end.</param>
    public async Task<ExitStatus> RunAsync(EndSignals signals)
    {
        using CancellationTokenRegistration wakes = signals.Token.Register(Changes.Pulse);
        while (true)
        {
            Task changed = Changes.Next;
            RunEnd? end = Run?.State.Describe().End;
            if (end is not null && (!isResident || signals.Status is not null))
            {
                await Task.WhenAny(Run!.Read, Task.Delay(EndIsKept, time));
                return isResident ? signals.Status!.Value : (ExitStatus)end.ExitStatus;
            }

            if (Run is null || end is not null)
            {
                if ((signals.Status ?? Over()) is { } status)
                {
                    return status;
                }
            }

            await Task.WhenAny(changed, Task.Delay(UntilIdle(), time));
        }
    }

    private static ControlAnswer Refuse(ExitStatus status, string problem, string remedy) =>
        new() { ExitStatus = (int)status, Problem = problem, Remedy = remedy };

    /// <returns>null if a new run of this name may begin.</returns>
    private ControlAnswer? AnswerWithoutRun(string name)
    {
        RunStatus? status = _run?.State.Describe();
        if (status?.Client == name)
        {
            return new() { Run = status };
        }

        if (status is { End: null })
        {
            return Refuse(
                ExitStatus.Busy,
                $"The run {status.Client} is at work in this container, at {status.Phase}.",
                EndIt) with { Run = status };
        }

        return _isOver || (status is not null && !isResident)
            ? Refuse(ExitStatus.Busy, "The agent of this container ends.", "Start another container.")
            : null;
    }

    // A client whose connection was broken may ask after another client's run has begun.
    private void Remember(RunStatus? ended)
    {
        if (ended is null)
        {
            return;
        }

        _earlier.Enqueue(ended with { Problems = [], BlocksNotInSnapshot = null });
        if (_earlier.Count > MaxEarlier)
        {
            _earlier.Dequeue();
        }
    }

    private TimeSpan UntilIdle()
    {
        lock (_lock)
        {
            TimeSpan left = MaxIdle - time.GetElapsedTime(_toldAt);
            return isResident || left < TimeSpan.Zero ? MaxIdle : left;
        }
    }

    /// <returns>null while the agent waits. Afterwards, no run begins.</returns>
    private ExitStatus? Over()
    {
        lock (_lock)
        {
            _isOver |= !isResident && time.GetElapsedTime(_toldAt) >= MaxIdle;
            return _isOver ? ExitStatus.Done : null;
        }
    }
}
