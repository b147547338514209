using System.Runtime.InteropServices;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>A thread that permissions bind, which they do not bind root. To another user than root it changes nothing.</summary>
internal static partial class OtherUser
{
    private const nint Nobody = 65534;

    /// <summary>Runs the action there; what it throws is thrown here.</summary>
    public static void Do(Action action) => Task.Factory.StartNew(
        () =>
        {
            // The system call changes one thread, the function of libc all: setresuid(2), "C library/kernel differences".
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
