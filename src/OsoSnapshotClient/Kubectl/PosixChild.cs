using System.Collections;
using System.ComponentModel;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;

namespace OsoSnapshotClient.Kubectl;

/// <summary>
/// Runs kubectl in <see cref="PosixGroup"/>. To block or ignore SIGINT would not do: "kubectl get -w" undoes both.
/// </summary>
internal sealed class PosixChild : IKubectlCall
{
    private const string Null = "/dev/null";

    // No system's structure has more bytes.
    private const int StructureBytes = 512;

    private readonly AnonymousPipeServerStream _output = new(PipeDirection.In, HandleInheritability.None);
    private readonly AnonymousPipeServerStream _error = new(PipeDirection.In, HandleInheritability.None);
    private readonly StreamReader _errorText;
    private readonly PosixGroup _group = new();
    private readonly int _id;
    private readonly Task<int> _end;

    /// <exception cref="Win32Exception">There is no such program, for example.</exception>
    public PosixChild(string fileName, IReadOnlyList<string> arguments)
    {
        _errorText = new(_error, Encoding.UTF8);
        try
        {
            _id = Start(
                fileName,
                arguments,
                _group.Leader,
                input: null,
                output: _output.ClientSafePipeHandle,
                error: _error.ClientSafePipeHandle);
        }
        catch
        {
            Dispose();
            throw;
        }

        _output.DisposeLocalCopyOfClientHandle();
        _error.DisposeLocalCopyOfClientHandle();
        _end = Task.Factory.StartNew(
            Reap, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public Stream Output => _output;

    public TextReader Error => _errorText;

    public Task<int> EndAsync() => _end;

    public void Kill()
    {
        if (_end is { IsCompleted: false })
        {
            _group.Kill(_id);
        }
    }

    public void Dispose()
    {
        // A cancelled wait may come here before the cancellation has killed kubectl.
        Kill();
        _group.Dispose();
        _output.Dispose();
        _errorText.Dispose();
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
