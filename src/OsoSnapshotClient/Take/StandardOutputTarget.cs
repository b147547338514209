using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore;
using OsoSnapshotCore.Streams;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>Writes the bytes to standard output. Bytes in a pipe can't be taken back.</summary>
internal sealed class StandardOutputTarget : ICopyTarget
{
    // .NET's console stream on Unix hides that the reader has gone (dotnet/runtime, ConsolePal.Unix.cs, Write).
    private readonly Stream _output = OperatingSystem.IsWindows()
        ? Console.OpenStandardOutput()
        : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    private readonly CheckPipe _check = new(maxLagBytes: 16 * 1024 * 1024);

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
        _check.Write(bytes);
    }

    public Stream Follow() => _check.Read();

    public void Complete() => _check.Complete();

    public void Dispose() => _output.Dispose();
}
