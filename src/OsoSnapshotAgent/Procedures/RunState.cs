using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Protocol;
using OsoSnapshot.Formats.Streams;

namespace OsoSnapshotAgent.Procedures;

/// <summary>How far a run is: all that the control socket sees of it. May be used from any thread.</summary>
internal sealed class RunState(TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();
    private readonly object _lock = new();
    private RunStatus _known = new() { Phase = string.Empty, ElapsedSeconds = 0 };
    private Phase _phase;
    private WrittenBytes? _archive;

    /// <summary>Whether the run waits for the operator alone, and how that ends.</summary>
    public Hold Hold { get; } = new();

    public TimeSpan Elapsed => time.GetElapsedTime(_startedAt);

    public void Enter(Phase phase)
    {
        lock (_lock)
        {
            _phase = phase;
        }
    }

    /// <summary>Adds what has become known.</summary>
    public void Tell(Func<RunStatus, RunStatus> change)
    {
        lock (_lock)
        {
            _known = change(_known);
        }
    }

    /// <summary>From now on the archive's bytes are those that are written so far.</summary>
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
            // Who reads hold-for-copy may release: not before the hold has begun.
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
