using System.Runtime.InteropServices;

namespace OsoSnapshotAgent.Linux;

/// <summary>Lets the agent use the CPU and the disk only when no other process wants them.</summary>
internal static class Priority
{
    private const int Lowest = 19;

    // IOPRIO_WHO_PROCESS, and IOPRIO_CLASS_IDLE in the upper bits: ioprio_set(2). glibc has no wrapper.
    private const int WhoProcess = 1;
    private const int IdleClass = 3 << 13;

    /// <summary>Lowers the priority of this thread and of all threads that it starts from now on.</summary>
    public static void Lower()
    {
        _ = LibC.SetPriority(0, 0, Lowest);
        _ = LibC.SystemCall(
            RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 251 : 30,
            WhoProcess,
            0,
            IdleClass);
    }
}
