using System.Net.Sockets;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotCore;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Hands the archive of a waiting agent's stream to the connection of <c>oso-snapshot export --stream</c>, in the
/// frames of <see cref="FrameWriter"/>.
/// </summary>
internal sealed class StreamHandoff(TimeProvider time) : IStreamSink, IDisposable
{
    /// <summary>What a connection carries that gets no archive.</summary>
    public static readonly ReadOnlyMemory<byte> NoFrames = new byte[FrameWriter.HeaderBytes];

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource<Socket> _reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Frames? _frames;

    /// <summary>Whether the reader has got the whole archive.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Ends when the run needs the connection no longer.</summary>
    public Task Done => _done.Task;

    /// <summary>Copies the archive out of its frames.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="InvalidDataException">The connection carries something else.</exception>
    public static void Copy(Stream frames, Stream output) =>
        new FrameReader(frames).CopyTo(output, StandardOutput.BufferBytes);

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

    private sealed class Frames : WriteStream
    {
        private readonly Connection _connection;
        private readonly FrameWriter _frames;

        public Frames(Socket reader, CancellationToken token)
        {
            _connection = new(reader, token);
            _frames = new(_connection);
        }

        /// <exception cref="OperatorException">With <see cref="ExitStatus.ReaderGone"/>.</exception>
        public override void Write(ReadOnlySpan<byte> buffer) => _frames.Write(buffer);

        public void End() => _frames.End();

        protected override void Dispose(bool disposing)
        {
            _frames.Dispose();
            _connection.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class Connection(Socket reader, CancellationToken token) : WriteStream
    {
        private readonly CancellationTokenRegistration _closes = token.Register(reader.Close);
        private long _bytesWritten;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                while (!buffer.IsEmpty)
                {
                    int count = reader.Send(buffer);
                    _bytesWritten += count;
                    buffer = buffer[count..];
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

        protected override void Dispose(bool disposing)
        {
            _closes.Dispose();
            base.Dispose(disposing);
        }
    }
}
