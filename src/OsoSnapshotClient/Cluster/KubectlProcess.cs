using System.IO.Pipelines;
using System.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>A command through one <c>kubectl exec</c>, whose exit status kubectl passes on.</summary>
internal sealed class KubectlProcess : IRemoteProcess
{
    // The end of standard error tells whose status 1 is.
    private const int MaxTailBytes = 4 << 10;
    private const int ReadBytes = 16 << 10;

    private readonly ChildProcess _child;
    private readonly Pipe _error = new(new PipeOptions(useSynchronizationContext: false));
    private readonly Task<string> _errorTail;

    private KubectlProcess(ChildProcess child)
    {
        _child = child;
        Error = _error.Reader.AsStream();
        _errorTail = Task.Run(PumpErrorAsync);
        Ended = EndAsync();
    }

    public Stream Input => _child.Input;

    public Stream Output => _child.Output;

    public Stream Error { get; }

    public Task<RemoteEnd> Ended { get; }

    /// <exception cref="ClusterException">kubectl can't be started.</exception>
    public static KubectlProcess Start(ClusterOptions options, ExecTarget target, IReadOnlyList<string> command) =>
        new(ChildProcess.Start(
            options.Kubectl,
            [
                .. options.Flags, "exec", "-i", "-n", target.Namespace, "-c", target.Container, target.Pod, "--",
                .. command,
            ]));

    public void Kill() => _child.Kill();

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Error.DisposeAsync();
        await Ended;
        _child.Dispose();
    }

    private async Task<RemoteEnd> EndAsync()
    {
        int exitCode = await _child.Ended;
        string tail = await _errorTail;

        // kubectl ends with 1 for each failure of its own, and says so for each status of the command.
        return exitCode != 1 || tail.TrimEnd().EndsWith("command terminated with exit code 1", StringComparison.Ordinal)
            ? new(exitCode, string.Empty)
            : new(null, ErrorText.OneLine(tail));
    }

    private async Task<string> PumpErrorAsync()
    {
        byte[] tail = [];
        try
        {
            while (true)
            {
                Memory<byte> free = _error.Writer.GetMemory(ReadBytes);
                int count = await _child.Error.ReadAsync(free);
                if (count == 0)
                {
                    break;
                }

                tail = [.. tail.Concat(free[..count].ToArray()).TakeLast(MaxTailBytes)];
                _error.Writer.Advance(count);
                await _error.Writer.FlushAsync();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // kubectl was killed.
        }

        await _error.Writer.CompleteAsync();
        return Encoding.UTF8.GetString(tail);
    }
}
