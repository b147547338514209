using System.Collections;
using System.ComponentModel;
using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace OsoSnapshotClient.Cluster;

/// <summary>
/// Runs kubectl in <see cref="PosixGroup"/>. To block or ignore SIGINT would not do: some commands of kubectl undo it.
/// </summary>
internal sealed class PosixChild : ChildProcess
{
    private const string Null = "/dev/null";

    // No system's structure has more bytes.
    private const int StructureBytes = 512;

    private readonly AnonymousPipeServerStream? _input;
    private readonly AnonymousPipeServerStream? _output;
    private readonly AnonymousPipeServerStream _error = new(PipeDirection.In, HandleInheritability.None);
    private readonly PosixGroup _group = new();
    private readonly int _id;

    /// <exception cref="Win32Exception">There is no such program, for example.</exception>
    public PosixChild(string fileName, IReadOnlyList<string> arguments, bool isSilent)
    {
        _input = isSilent ? null : new(PipeDirection.Out, HandleInheritability.None);
        _output = isSilent ? null : new(PipeDirection.In, HandleInheritability.None);
        try
        {
            _id = Start(
                fileName,
                arguments,
                _group.Leader,
                input: _input?.ClientSafePipeHandle,
                output: _output?.ClientSafePipeHandle,
                error: _error.ClientSafePipeHandle);
        }
        catch
        {
            Dispose();
            throw;
        }

        _input?.DisposeLocalCopyOfClientHandle();
        _output?.DisposeLocalCopyOfClientHandle();
        _error.DisposeLocalCopyOfClientHandle();
        Ended = Task.Factory.StartNew(
            Reap, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public override Stream Input => _input ?? Stream.Null;

    public override Stream Output => _output ?? Stream.Null;

    public override Stream Error => _error;

    public override Task<int> Ended { get; } = Task.FromResult(0);

    public override void Kill()
    {
        if (!Ended.IsCompleted)
        {
            _group.Kill(_id);
        }
    }

    protected override void Dispose(bool isDisposing)
    {
        Kill();
        _group.Dispose();
        _input?.Dispose();
        _output?.Dispose();
        _error.Dispose();
    }

    /// <summary>Starts a program. Where a handle is null, it gets /dev/null.</summary>
    /// <param name="group">A process group of this session; 0 makes one of the same number as the process.</param>
    /// <returns>The process' number.</returns>
    internal static int Start(
        string fileName,
        IReadOnlyList<string> arguments,
        int group,
        SafeHandle? input,
        SafeHandle? output,
        SafeHandle? error)
    {
        Span<byte> actions = stackalloc byte[StructureBytes];
        Span<byte> attributes = stackalloc byte[StructureBytes];
        Check(Posix.InitializeActions(actions));
        Check(Posix.InitializeAttributes(attributes));
        try
        {
            AddStream(actions, 0, input, flags: 0);
            AddStream(actions, 1, output, Posix.WriteOnly);
            AddStream(actions, 2, error, Posix.WriteOnly);
            Check(Posix.SetGroup(attributes, group));
            Check(Posix.SetFlags(attributes, (short)(Posix.SetProcessGroup | Posix.CloseOnExecByDefault)));
            string?[] words = [fileName, .. arguments, null];
            Check(Posix.Spawn(out int id, fileName, actions, attributes, words, Environment()));
            return id;
        }
        finally
        {
            _ = Posix.DestroyActions(actions);
            _ = Posix.DestroyAttributes(attributes);
        }
    }

    private static void AddStream(Span<byte> actions, int target, SafeHandle? handle, int flags) =>
        Check(handle is null
            ? Posix.AddOpen(actions, target, Null, flags, mode: 0)
            : Posix.AddDuplicate(actions, handle, target));

    private static string?[] Environment() =>
    [
        .. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(one => $"{one.Key}={one.Value}"),
        null,
    ];

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error, Marshal.GetPInvokeErrorMessage(error));
        }
    }

    private int Reap()
    {
        int status = Posix.Wait(_id);
        int signal = status & 0x7f;
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal;
    }
}
