using System.Runtime.InteropServices;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>
/// Simulates a disk that loses writes: seccomp(2) makes fsync(2) of chosen files fail with EIO, in one thread only.
/// </summary>
internal static partial class FailingDisk
{
    private const int SetNoNewPrivileges = 38;
    private const int SetSeccomp = 22;
    private const int ModeFilter = 2;

    // These are BPF of linux/filter.h. An instruction has a code, two jumps (if true, if false) and an operand.
    private const ulong Load = 0x20;
    private const ulong JumpIfEqual = 0x15;
    private const ulong Return = 0x06;
    private const uint Allow = 0x7FFF0000;
    private const uint FailWithIoError = 0x00050005;

    /// <param name="path">fsync fails for each descriptor that is open on this path.</param>
    public static void Do(string path, Action action) => Task.Factory.StartNew(
        () =>
        {
            Install(path);
            action();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default).GetAwaiter().GetResult();

    private static unsafe void Install(string path)
    {
        uint[] descriptors = [.. Directory.GetFileSystemEntries("/proc/self/fd")
            .Where(entry => new FileInfo(entry).LinkTarget == path)
            .Select(entry => uint.Parse(Path.GetFileName(entry), System.Globalization.CultureInfo.InvariantCulture))];
        Assert.NotEmpty(descriptors);

        // In struct seccomp_data the call's number is at offset 0, its first argument at 16.
        uint fsync = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 82u : 74u;
        ulong[] program =
        [
            Instruction(Load, 0),
            Instruction(JumpIfEqual, fsync, otherwise: descriptors.Length + 1),
            Instruction(Load, 16),
            .. descriptors.Select((descriptor, i) => Instruction(JumpIfEqual, descriptor, then: descriptors.Length - i)),
            Instruction(Return, Allow),
            Instruction(Return, FailWithIoError),
        ];
        fixed (ulong* instructions = program)
        {
            Program whole = new() { Length = (ushort)program.Length, Instructions = instructions };
            Assert.Equal(0, ProcessControl(SetNoNewPrivileges, 1, null, 0, 0));
            Assert.Equal(0, ProcessControl(SetSeccomp, ModeFilter, &whole, 0, 0));
        }
    }

    private static ulong Instruction(ulong code, uint operand, int then = 0, int otherwise = 0) =>
        code | ((ulong)then << 16) | ((ulong)otherwise << 24) | ((ulong)operand << 32);

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int ProcessControl(int option, nint first, Program* second, nint third, nint fourth);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Program
    {
        public ushort Length;
        public ulong* Instructions;
    }
}
