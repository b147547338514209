using System.Runtime.InteropServices;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>A thread that permissions bind, which they do not bind root: setfsuid(2) changes one thread alone, and does nothing to another user.</summary>
internal static partial class OtherUser
{
    private const uint Nobody = 65534;

    /// <summary>Runs the action there; what it throws is thrown here.</summary>
    public static void Do(Action action) => Task.Factory.StartNew(
        () =>
        {
            _ = SetFileSystemUser(Nobody);
            action();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default).GetAwaiter().GetResult();

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetFileSystemUser(uint user);
}
