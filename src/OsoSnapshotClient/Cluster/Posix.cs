using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace OsoSnapshotClient.Cluster;

/// <summary>The calls that start and end a process; the constants are those of Linux and macOS.</summary>
internal static partial class Posix
{
    public const short SetProcessGroup = 2;
    public const int WriteOnly = 1;
    public const int SignalKill = 9;
    public const int SignalTerminalInput = 21;
    public const int SignalTerminalOutput = 22;
    public const nint Ignore = 1;

    // Only macOS has it: the child gets the descriptors of its file actions, and no other.
    public static readonly short CloseOnExecByDefault = OperatingSystem.IsMacOS() ? (short)0x4000 : (short)0;

    private const int ErrorInterrupted = 4;
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitializeActions(Span<byte> actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(Span<byte> actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(Span<byte> actions, SafeHandle source, int target);

    [LibraryImport(
        Library, EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddOpen(Span<byte> actions, int target, string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    public static partial int InitializeAttributes(Span<byte> attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    public static partial int DestroyAttributes(Span<byte> attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(Span<byte> attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setpgroup")]
    public static partial int SetGroup(Span<byte> attributes, int group);

    [LibraryImport(Library, EntryPoint = "posix_spawnp", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(
        out int id,
        string file,
        Span<byte> actions,
        Span<byte> attributes,
        string?[] words,
        string?[] environment);

    [LibraryImport(Library, EntryPoint = "kill")]
    public static partial int Kill(int id, int signal);

    [LibraryImport(Library, EntryPoint = "signal")]
    public static partial nint SetHandler(int signal, nint handler);

    /// <summary>Waits for the end of a child process.</summary>
    /// <returns>The status that waitpid(2) describes.</returns>
    public static int Wait(int id)
    {
        int status;
        while (Wait(id, out status, 0) < 0 && Marshal.GetLastPInvokeError() == ErrorInterrupted)
        {
        }

        return status;
    }

    [LibraryImport(Library, EntryPoint = "waitpid", SetLastError = true)]
    private static partial int Wait(int id, out int status, int options);
}
