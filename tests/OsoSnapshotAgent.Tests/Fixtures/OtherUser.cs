using System.Runtime.InteropServices;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>
/// Runs code in a thread that file permissions restrict, unlike root's. If the tests don't run as root, it changes
/// nothing.
/// </summary>
internal static partial class OtherUser
{
    private const nint Nobody = 65534;

    /// <summary>Runs the action in that thread. An exception of the action is thrown here.</summary>
    public static void Do(Action action) => Task.Factory.StartNew(
        () =>
        {
            // The system call changes one thread, libc's function changes all: setresuid(2), "C library/kernel
            // differences".
            nint number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 147 : 117;
            _ = SystemCall(number, Nobody, Nobody, Nobody);
            action();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default).GetAwaiter().GetResult();

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third);
}
