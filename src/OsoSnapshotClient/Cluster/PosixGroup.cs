using System.ComponentModel;
using System.IO.Pipes;

namespace OsoSnapshotClient.Cluster;

/// <summary>
/// A process group for one kubectl, which the terminal's keys don't reach. Its leader is a shell that waits for the end
/// of this process, kill -9 too, and then kills the group.
/// </summary>
internal sealed class PosixGroup : IDisposable
{
    private readonly AnonymousPipeServerStream _lifeline = new(PipeDirection.Out, HandleInheritability.None);
    private readonly Lock _lock = new();
    private bool _isDisposed;

    static PosixGroup()
    {
        // A question at the terminal would stop a process of such a group. If these signals are ignored, it fails.
        Posix.SetHandler(Posix.SignalTerminalInput, Posix.Ignore);
        Posix.SetHandler(Posix.SignalTerminalOutput, Posix.Ignore);
    }

    public PosixGroup()
    {
        try
        {
            Leader = PosixChild.Start(
                "/bin/sh",
                ["-c", "read end; kill -9 0"],
                group: 0,
                input: _lifeline.ClientSafePipeHandle,
                output: null,
                error: null);
        }
        catch (Win32Exception)
        {
            // The client's image has no shell. There the client is process 1, whose end ends all others.
        }

        _lifeline.DisposeLocalCopyOfClientHandle();
    }

    /// <summary>The leader's number, which is the group's; 0 if kubectl must lead a group itself.</summary>
    public int Leader { get; }

    /// <summary>Kills kubectl and what it has started: kubectl may be a script that waits for the real one.</summary>
    public void Kill(int kubectl)
    {
        lock (_lock)
        {
            // Another process may have the number of a reaped leader.
            if (!_isDisposed)
            {
                _ = Posix.Kill(-(Leader > 0 ? Leader : kubectl), Posix.SignalKill);
            }
        }
    }

    /// <summary>Ends the leader alone: kubectl may have opened a browser that stays.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (Leader > 0 && !_isDisposed)
            {
                _ = Posix.Kill(Leader, Posix.SignalKill);
                _ = Posix.Wait(Leader);
            }

            _isDisposed = true;
            _lifeline.Dispose();
        }
    }
}
