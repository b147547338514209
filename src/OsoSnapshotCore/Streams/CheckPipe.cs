using System.IO.Pipelines;

namespace OsoSnapshotCore.Streams;

/// <summary>
/// Hands bytes from a copy to its check. If the check lags by more than a limit, the copy waits for it.
/// </summary>
internal sealed class CheckPipe(int maxLagBytes)
{
    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: maxLagBytes,
        resumeWriterThreshold: maxLagBytes / 2,
        useSynchronizationContext: false));

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_pipe.Writer.GetSpan(bytes.Length));
        _pipe.Writer.Advance(bytes.Length);
        _pipe.Writer.FlushAndWait();
    }

    public Stream Read() => _pipe.Reader.AsStream();

    public void Complete() => _pipe.Writer.Complete();
}
