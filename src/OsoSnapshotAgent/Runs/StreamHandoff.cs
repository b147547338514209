using System.Buffers.Binary;
using System.Net.Sockets;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotCore;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Hands the archive of a waiting agent's stream to the connection of <c>oso-snapshot export --stream</c>. Each frame
/// has its length before it, as four bytes. A frame of length 0 ends a complete archive.
/// </summary>
internal sealed class StreamHandoff(TimeProvider time) : IStreamSink, IDisposable
{
    /// <summary>The limit of a frame.</summary>
    public const int MaxFrameBytes = 16 << 20;

    public const int HeaderBytes = sizeof(int);

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource<Socket> _reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Frames? _frames;

    /// <summary>Whether the reader has got the whole archive.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Ends when the run needs the connection no longer.</summary>
    public Task Done => _done.Task;

    /// <returns>false if the stream has a reader already.</returns>
    public bool TryGive(Socket reader) => _reader.TrySetResult(reader);

    public async Task<Stream> OpenAsync(CancellationToken token)
    {
        try
        {
            return _frames = new(await _reader.Task.WaitAsync(MaxWait, time, token), token);
        }
        catch (TimeoutException e)
        {
            throw new OperatorException(
                ExitStatus.ReaderGone,
                $"No oso-snapshot export --stream came for the archive within {MaxWait.TotalSeconds} s.",
                "Start it in this container right after oso-snapshot start, and read its standard output.",
                e);
        }
    }

    public void Finish(ArchiveFigures figures)
    {
        _frames!.End();
        IsComplete = true;
        _done.TrySetResult();
    }

    /// <summary>Gives the connection back, if the run failed before its archive was complete.</summary>
    public void Dispose()
    {
        _frames?.Dispose();
        _done.TrySetResult();
        _reader.TrySetCanceled();
    }

    private sealed class Frames(Socket reader, CancellationToken token) : WriteStream
    {
        private readonly CancellationTokenRegistration _closes = token.Register(reader.Close);
        private long _bytesWritten;

        /// <exception cref="OperatorException">With <see cref="ExitStatus.ReaderGone"/>.</exception>
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                ReadOnlySpan<byte> frame = buffer[..Math.Min(buffer.Length, MaxFrameBytes)];
                SendHeader(frame.Length);
                Send(frame);
                _bytesWritten += frame.Length;
                buffer = buffer[frame.Length..];
            }
        }

        public void End() => SendHeader(0);

        protected override void Dispose(bool disposing)
        {
            _closes.Dispose();
            base.Dispose(disposing);
        }

        private void SendHeader(int length)
        {
            Span<byte> header = stackalloc byte[HeaderBytes];
            BinaryPrimitives.WriteInt32LittleEndian(header, length);
            Send(header);
        }

        private void Send(ReadOnlySpan<byte> bytes)
        {
            try
            {
                while (!bytes.IsEmpty)
                {
                    bytes = bytes[reader.Send(bytes)..];
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                token.ThrowIfCancellationRequested();
                throw new OperatorException(
                    ExitStatus.ReaderGone,
                    $"The reader of the stream went away after at most {_bytesWritten} bytes. The copy is incomplete.",
                    "Look at the reader's end (a full disk, a broken connection), and start again.",
                    e);
            }
        }
    }
}
