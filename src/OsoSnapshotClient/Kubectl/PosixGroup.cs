using System.ComponentModel;
using System.IO.Pipes;

namespace OsoSnapshotClient.Kubectl;

/// <summary>
/// The process group of all kubectl processes, which the terminal's keys don't reach. Its leader is a shell that waits
/// for the end of this process, kill -9 too, and then kills the whole group.
/// </summary>
internal static class PosixGroup
{
    private static readonly AnonymousPipeServerStream Lifeline = new(PipeDirection.Out, HandleInheritability.None);
    private static readonly Lazy<int> Leader = new(StartLeader);

    /// <summary>The group; 0, a new one for each process, where there is no shell, as in the client's image.</summary>
    public static int Id => Leader.Value;

    private static int StartLeader()
    {
        // A question at the terminal would stop a process of this group. If these signals are ignored, it fails.
        Posix.SetHandler(Posix.SignalTerminalInput, Posix.Ignore);
        Posix.SetHandler(Posix.SignalTerminalOutput, Posix.Ignore);
        try
        {
            return PosixChild.Start(
                "/bin/sh",
                ["-c", "read end; kill -9 0"],
                group: 0,
                input: Lifeline.ClientSafePipeHandle,
                output: null,
                error: null);
        }
        catch (Win32Exception)
        {
            return 0;
        }
        finally
        {
            Lifeline.DisposeLocalCopyOfClientHandle();
        }
    }
}
