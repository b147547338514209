using System.Runtime.InteropServices;
using OsoSnapshot.Formats;

namespace OsoSnapshotClient.Verbs;

/// <summary>The signals that end the client, which has something to tell before it goes.</summary>
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

    /// <summary>Complete at the second one.</summary>
    public Task Again => _again.Task;

    /// <summary>Somebody sits at the terminal who may press Ctrl-C again.</summary>
    public static bool IsAtTerminal => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    public CancellationToken Token => _source.Token;

    /// <summary>What the process ends with; of the first signal.</summary>
    public ExitStatus Status { get; private set; }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    private void Add(PosixSignal signal, ExitStatus status) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (Status == ExitStatus.Done)
            {
                Status = status;
                _source.Cancel();
            }
            else
            {
                _again.TrySetResult();
            }
        }));
}
