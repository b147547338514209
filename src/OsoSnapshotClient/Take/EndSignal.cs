using System.Runtime.InteropServices;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Take;

/// <summary>Catches the signals that end the client, so that the verbs can print messages before the end.</summary>
internal sealed class EndSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly TaskCompletionSource _again = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _registrations = [];

    public EndSignal()
    {
        Add(PosixSignal.SIGINT, ExitStatus.Interrupted);
        Add(PosixSignal.SIGTERM, ExitStatus.Terminated);
        Add(PosixSignal.SIGHUP, ExitStatus.HungUp);
    }

    /// <summary>Completes at the second signal.</summary>
    public Task Again => _again.Task;

    /// <summary>Whether a user at the terminal may press Ctrl-C again.</summary>
    public static bool IsAtTerminal => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    public CancellationToken Token => _source.Token;

    /// <summary>The exit status for the first signal.</summary>
    public ExitStatus Status { get; private set; }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    // At the end of a run, Dispose of a registration does not wait for its handler.
    private void Cancel()
    {
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended by itself.
        }
    }

    private void Add(PosixSignal signal, ExitStatus status) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (Status == ExitStatus.Done)
            {
                Status = status;
                Cancel();
            }
            else
            {
                _again.TrySetResult();
            }
        }));
}
