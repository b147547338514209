using System.IO.Pipelines;

namespace OsoSnapshotCore.Streams;

internal static class PipeWriterExtensions
{
    /// <summary>Hands what was written to the reader, and waits while the reader lags by more than its limit.</summary>
    public static FlushResult FlushAndWait(this PipeWriter writer)
    {
        ValueTask<FlushResult> flush = writer.FlushAsync();
        return flush.IsCompleted ? flush.Result : flush.AsTask().GetAwaiter().GetResult();
    }
}
