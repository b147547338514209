using System.IO.Pipelines;
using System.Runtime.ExceptionServices;

namespace OsoSnapshotCore.Streams;

/// <summary>
/// Reads a stream on a thread of its own, some MiB ahead, so that the work of the stream and that of its reader share
/// two cores. A failure of the stream comes to the reader where it happened.
/// </summary>
internal sealed class AheadStream : ReadStream
{
    private const int BufferBytes = 256 << 10;
    private const int MaxBytesAhead = 4 << 20;

    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: MaxBytesAhead,
        resumeWriterThreshold: MaxBytesAhead / 2,
        minimumSegmentSize: BufferBytes,
        useSynchronizationContext: false));

    private readonly Stream _read;
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    /// <param name="source">The caller closes it, after this stream.</param>
    public AheadStream(Stream source)
    {
        _read = _pipe.Reader.AsStream();
        _thread = new(() => Run(source)) { IsBackground = true };
        _thread.Start();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = _read.Read(buffer);
        if (count == 0 && !buffer.IsEmpty)
        {
            _failure?.Throw();
        }

        return count;
    }

    /// <summary>Waits until the source's current read has ended.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _read.Dispose();
            _thread.Join();
        }

        base.Dispose(disposing);
    }

    private void Run(Stream source)
    {
        try
        {
            int count;
            do
            {
                count = source.Read(_pipe.Writer.GetSpan(BufferBytes));
                _pipe.Writer.Advance(count);
            }
            while (count > 0 && !_pipe.Writer.FlushAndWait().IsCompleted);
        }
#pragma warning disable CA1031 // The reader gets the failure.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // Given to the pipe, it would come before bytes that the reader has not got yet.
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        _pipe.Writer.Complete();
    }
}
