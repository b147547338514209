using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotClient.Cluster;

/// <summary>Windows kills the processes of this job when this process ends, for whatever reason.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsJob
{
    private const int ExtendedLimits = 9;
    private const int KillOnClose = 0x2000;

    // JOBOBJECT_EXTENDED_LIMIT_INFORMATION of 64-bit Windows has 144 bytes; LimitFlags are the fifth four.
    private const int LimitsLength = 144 / sizeof(int);
    private const int LimitFlags = 4;

    private static readonly Lazy<SafeFileHandle> Job = new(Create);

    /// <summary>Adds a process. If the system refuses it, the process may outlive this one after a kill.</summary>
    public static void Add(Process process) => AssignProcessToJobObject(Job.Value, process.SafeHandle);

    private static SafeFileHandle Create()
    {
        SafeFileHandle job = CreateJobObject(0, null);
        int[] limits = new int[LimitsLength];
        limits[LimitFlags] = KillOnClose;
        SetInformationJobObject(job, ExtendedLimits, limits, LimitsLength * sizeof(int));
        return job;
    }

    [LibraryImport("kernel32", EntryPoint = "CreateJobObjectW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateJobObject(nint security, string? name);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetInformationJobObject(SafeFileHandle job, int kind, int[] limits, int length);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool AssignProcessToJobObject(SafeFileHandle job, SafeProcessHandle process);
}
