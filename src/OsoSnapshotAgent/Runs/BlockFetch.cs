using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Runs;

/// <summary>The run can't fetch a block, so the client sends its frames.</summary>
internal sealed class FramesFollowException() : IOException("the client sends the block itself");

/// <summary>
/// A block's archive, which the run fetches from the store, at addresses that the client signs. The client hears every
/// second how much came. So its end is noticed too, although it sends nothing.
/// </summary>
internal sealed class BlockFetch : ReadStream
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly BlockId _block;
    private readonly long _bytes;
    private readonly ClientConnection _client;
    private readonly Transcript _transcript;
    private readonly CancellationTokenSource _stop;
    private readonly ObjectReading _reading;
    private readonly Timer _beat;

    // Whoever has it may use the client's connection.
    private readonly object _lock = new();
    private ConnectionBrokenException? _broken;

    public BlockFetch(
        BlockId block,
        StoredObject stored,
        StoreConnection store,
        ClientConnection client,
        Transcript transcript,
        CancellationToken token)
    {
        (_block, _bytes, _client, _transcript) = (block, stored.Bytes, client, transcript);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        _reading = new(store, stored.Address, stored.Bytes, Renew, _stop.Token);
        _beat = new(_ => Beat(), state: null, Interval, Interval);
    }

    /// <exception cref="FramesFollowException">The block can't be fetched.</exception>
    /// <exception cref="ConnectionBrokenException">The client's connection broke.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _reading.Read(buffer);
        }
        catch (OperationCanceledException e) when (_broken is { } broken)
        {
            throw new ConnectionBrokenException(broken.Message, e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        // Nothing may stand between the client and the next answer.
        _beat.DisposeAsync().AsTask().Wait();
        _reading.Dispose();
        _stop.Dispose();
        base.Dispose(disposing);
    }

    private void Beat()
    {
        if (!Monitor.TryEnter(_lock))
        {
            return;
        }

        try
        {
            _client.RequireOpen();
            _client.Send(new() { FetchedBytes = _reading.ReadBytes });
        }
        catch (ConnectionBrokenException e)
        {
            _broken = e;
            _stop.Cancel();
        }
        finally
        {
            Monitor.Exit(_lock);
        }
    }

    private Uri Renew(string problem)
    {
        lock (_lock)
        {
            _transcript.Line($"* block {_block}: {_reading.ReadBytes} of {_bytes} bytes came from {problem}");
            _client.Send(new() { FetchedBytes = _reading.ReadBytes, Unreached = problem });
            AnnouncedBlock? next = SentBlock.TryParse(_client.ReadLine(RestoreRequest.MaxBytes));
            return next?.Id != _block || (next.Stored?.Bytes ?? _bytes) != _bytes
                ? throw new OperatorException(
                    ExitStatus.Settings,
                    "The client's answer is not about the block that can't be fetched.",
                    "Use a client of the same version.")
                : next.Stored?.Address ?? throw new FramesFollowException();
        }
    }
}
