using System.Collections.Concurrent;
using OsoSnapshot.Formats;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Progress;

namespace OsoSnapshotClient.Copy;

/// <summary>
/// Fetches the archive's bytes until all are there. The exit status of <c>kubectl exec</c> proves nothing: only the
/// number of bytes counts, and the checksum at the end.
/// </summary>
internal sealed class ArchiveCopier(AgentContainer agent, string hold, CopyOptions options)
{
    // A smaller range is fetched faster than another connection is made.
    private const long MinRangeBytes = 16 * 1024 * 1024;

    // Below this rate the network limits the connection; above it, a CPU does.
    private const long SlowBytesPerSecond = 32 * 1024 * 1024;
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(0.2);

    private readonly IPodReport _report = agent.Access.Report;
    private readonly CopyPauses _pauses = new(agent, hold, options.Pause);
    private int _cuts;

    /// <returns>How often a connection broke.</returns>
    /// <exception cref="OperatorException">The bytes don't arrive, or can't be written.</exception>
    public async Task<int> CopyAsync(ICopyTarget target, long size, CancellationToken token)
    {
        _cuts = 0;
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(token);
        Task reports = ReportAsync(target, size, failed.Token);
        try
        {
            if (options.Trial > TimeSpan.Zero || StreamsFor(target, size) == 1)
            {
                await FetchAloneAsync(target, size, failed.Token);
            }

            await FetchRangesAsync(target, size, failed);
        }
        finally
        {
            await failed.CancelAsync();
            await reports;
            target.Save();
            _report.Pause();
        }

        return _cuts;
    }

    private int StreamsFor(ICopyTarget target, long size) => target.TakesRanges
        ? (int)Math.Clamp((size - target.DoneBytes) / MinRangeBytes, 1, options.Streams)
        : 1;

    /// <summary>Fetches with one connection: if it is fast, more calls of kubectl would only slow it down.</summary>
    /// <returns>When all bytes are here, or when several connections would be faster.</returns>
    private async Task FetchAloneAsync(ICopyTarget target, long size, CancellationToken token)
    {
        using CancellationTokenSource slow = CancellationTokenSource.CreateLinkedTokenSource(token);
        TimeSpan interval = options.Trial > TimeSpan.Zero ? options.Trial : Timeout.InfiniteTimeSpan;
        long before = target.DoneBytes;
        await using Timer judge = new(_ => Judge(), state: null, interval, interval);
        try
        {
            await WorkAsync(target, new(target.Missing(size, options.ChunkBytes)), slow.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The connection is slow. FetchRangesAsync fetches the rest with several.
        }

        void Judge()
        {
            bool isSlow = target.DoneBytes - before < options.Trial.TotalSeconds * SlowBytesPerSecond;
            before = target.DoneBytes;
            if (isSlow && StreamsFor(target, size) > 1)
            {
                slow.Cancel();
            }
        }
    }

    private async Task FetchRangesAsync(ICopyTarget target, long size, CancellationTokenSource failed)
    {
        if (target.DoneBytes == size)
        {
            return;
        }

        (target as PartFile)?.BeginRanges();

        // The check reads from the start. It never waits long if short ranges arrive in their order.
        ConcurrentQueue<ByteRange> ranges = new(target.Missing(size, Math.Min(options.ChunkBytes, MinRangeBytes)));
        await Workers.RunAsync(StreamsFor(target, size), _ => WorkAsync(target, ranges, failed.Token), failed);
    }

    private async Task WorkAsync(ICopyTarget target, ConcurrentQueue<ByteRange> ranges, CancellationToken token)
    {
        RangeExport export = new(agent, target, options.Stall);
        while (ranges.TryDequeue(out ByteRange range))
        {
            int fruitless = 0;
            while (range.Length > 0)
            {
                long came = await export.RunAsync(range, token);
                range = range with { Start = range.Start + came };
                fruitless = came > 0 ? 0 : fruitless + 1;
                if (range.Length > 0)
                {
                    Interlocked.Increment(ref _cuts);
                }

                if (fruitless > 0)
                {
                    await _pauses.WaitAsync(fruitless, export.ErrorText, target.DoneBytes, token);
                }
            }
        }
    }

    private async Task ReportAsync(ICopyTarget target, long size, CancellationToken token)
    {
        try
        {
            for (int count = 1; ; count++)
            {
                _report.Advance(new("copying", target.DoneBytes, size));
                await Task.Delay(ReportInterval, token);
                if (count % 5 == 0)
                {
                    target.Save();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The copy is over.
        }
    }
}
