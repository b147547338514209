using System.Runtime.InteropServices;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Turns SIGHUP, SIGINT, SIGTERM and <c>oso-snapshot cancel</c> into a cancellation, and keeps the first one's exit
/// status.
/// </summary>
internal sealed class EndSignals : IDisposable
{
    private readonly object _lock = new();
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public EndSignals()
    {
        Register(PosixSignal.SIGHUP, "SIGHUP", ExitStatus.HungUp);
        Register(PosixSignal.SIGINT, "SIGINT", ExitStatus.Interrupted);
        Register(PosixSignal.SIGTERM, "SIGTERM", ExitStatus.Terminated);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The status of the first signal; null before it arrives.</summary>
    public ExitStatus? Status { get; private set; }

    /// <summary>What ended the run, as a sentence.</summary>
    public string Reason { get; private set; } = string.Empty;

    /// <summary>Whether <c>cancel</c> came first: what the run holds is then removed too.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Ends the run as SIGTERM does.</summary>
    /// <param name="other">The client that asks for it, if it is another one than the run's own.</param>
    public void Cancel(string? other) => End(
        other is null ? ExitStatus.Terminated : ExitStatus.EndedByAnother,
        other is null ? "Ended by oso-snapshot cancel." : $"Cancelled by another client ({other}).",
        isCancelled: true);

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Register(PosixSignal signal, string name, ExitStatus status) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        End(status, $"Ended by {name}.", isCancelled: false);
    }));

    private void End(ExitStatus status, string reason, bool isCancelled)
    {
        lock (_lock)
        {
            if (Status is null)
            {
                (Status, Reason, IsCancelled) = (status, reason, isCancelled);
            }
        }

        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended: Dispose of a registration does not wait for its handler.
        }
    }
}
