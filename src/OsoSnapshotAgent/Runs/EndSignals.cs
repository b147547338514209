using System.Runtime.InteropServices;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Runs;

/// <summary>Turns SIGHUP, SIGINT and SIGTERM into a cancellation, and keeps the exit status of the signal.</summary>
internal sealed class EndSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public EndSignals()
    {
        Register(PosixSignal.SIGHUP, ExitStatus.HungUp);
        Register(PosixSignal.SIGINT, ExitStatus.Interrupted);
        Register(PosixSignal.SIGTERM, ExitStatus.Terminated);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The status of the first signal; null before it arrives.</summary>
    public ExitStatus? Status { get; private set; }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Register(PosixSignal signal, ExitStatus status) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        Status ??= status;
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended: Dispose of a registration does not wait for its handler.
        }
    }));
}
