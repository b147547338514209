using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Runs;

/// <summary>The state of a run, which the control socket reports. Any thread may use it.</summary>
internal sealed class RunState(TimeProvider time, ChangeSignal changes)
{
    private readonly long _startedAt = time.GetTimestamp();
    private readonly object _lock = new();
    private RunStatus _known = new() { Phase = string.Empty, ElapsedSeconds = 0 };
    private Phase _phase = Phase.Start;
    private WrittenBytes? _archive;

    /// <summary>The hold, during which the run waits for the operator.</summary>
    public HoldState Hold { get; } = new();

    /// <summary>
    /// The client that released or cancelled the run, if it is another one than that which started it.
    /// </summary>
    public string? EndedBy { get; private set; }

    public bool HasEnded => Describe().End is not null;

    public TimeSpan Elapsed => time.GetElapsedTime(_startedAt);

    public void Enter(Phase phase)
    {
        lock (_lock)
        {
            _phase = phase;
        }

        changes.Pulse();
    }

    /// <summary>Begins the hold.</summary>
    public void BeginHold(DataDirectory data, bool hasArchive)
    {
        Hold.Begin(data, hasArchive);
        changes.Pulse();
    }

    /// <summary>Notes who ends the run.</summary>
    /// <param name="client">null if a person does.</param>
    public void EndFor(string? client)
    {
        lock (_lock)
        {
            EndedBy ??= client == _known.Client ? null : client;
        }
    }

    /// <summary>Ends the run: nothing of it changes any more.</summary>
    public void Finish(RunEnd end)
    {
        lock (_lock)
        {
            _phase = Phase.Finish;
            _known = _known with { End = end };
        }

        changes.Pulse();
    }

    /// <summary>Changes the status when more is known.</summary>
    public void Update(Func<RunStatus, RunStatus> change)
    {
        lock (_lock)
        {
            _known = change(_known);
        }

        changes.Pulse();
    }

    /// <summary>Reports the bytes written so far as the archive's size, from now on.</summary>
    public void Follow(WrittenBytes archive)
    {
        lock (_lock)
        {
            _archive = archive;
        }
    }

    public RunStatus Describe()
    {
        lock (_lock)
        {
            // A client that reads hold-for-copy may release the hold, so the hold must have begun.
            Phase phase = _phase == Phase.HoldForCopy && !Hold.IsHolding ? Phase.VerifyArchive : _phase;
            return _known with
            {
                Phase = PhaseNames.Of(phase),
                Version = ProductVersion.Text,
                ArchiveBytes = _known.ArchiveBytes ?? _archive?.Count,
                ElapsedSeconds = Elapsed.TotalSeconds,
            };
        }
    }
}
