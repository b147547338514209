using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>Writes the bytes to standard output. Bytes in a pipe can't be taken back.</summary>
internal sealed class StandardOutputTarget : ICopyTarget
{
    // .NET's console stream on Unix hides that the reader has gone (dotnet/runtime, ConsolePal.Unix.cs, Write).
    private readonly Stream _output = OperatingSystem.IsWindows()
        ? Console.OpenStandardOutput()
        : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    // If the check lags by more than this, the copy waits for it.
    private readonly Pipe _check = new(new PipeOptions(
        pauseWriterThreshold: 16 * 1024 * 1024,
        resumeWriterThreshold: 8 * 1024 * 1024,
        useSynchronizationContext: false));

    public long DoneBytes { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _output.Write(bytes);
        }
        catch (IOException e)
        {
            throw new OperatorException(
                ExitStatus.ReaderGone,
                $"The reader of standard output went away after at most {ByteSize.Format(DoneBytes)}: {e.Message}",
                "find out why the reader ended, then run the same command again",
                e);
        }

        DoneBytes += bytes.Length;
        bytes.CopyTo(_check.Writer.GetSpan(bytes.Length));
        _check.Writer.Advance(bytes.Length);
        ValueTask<FlushResult> flush = _check.Writer.FlushAsync();
        if (!flush.IsCompleted)
        {
            flush.AsTask().GetAwaiter().GetResult();
        }
    }

    public Stream Follow() => _check.Reader.AsStream();

    public void Complete() => _check.Writer.Complete();

    public void Dispose() => _output.Dispose();
}
