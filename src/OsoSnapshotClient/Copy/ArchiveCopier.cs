using System.Collections.Concurrent;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Progress;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Copy;

/// <summary>
/// Fetches the archive's bytes until all are there. The exit status of <c>kubectl exec</c> proves nothing: only the
/// number of bytes counts, and the checksum at the end.
/// </summary>
internal sealed class ArchiveCopier(AgentContainer agent, string hold, CopyOptions options)
{
    // A smaller range is fetched faster than another connection is made.
    private const long MinRangeBytes = 16 * 1024 * 1024;

    // Each lane takes memory, and the size is what the agent claims.
    private const long MaxLanes = 65_536;

    // Lanes drift apart by few slices, so the check, which reads from the start, hardly waits.
    private const long SliceBytes = 4 * 1024 * 1024;

    // Below this rate the network limits the connection; above it, a CPU does.
    private const long SlowBytesPerSecond = 32 * 1024 * 1024;
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(0.2);

    private readonly IPodReport _report = agent.Access.Report;
    private readonly RetryBackoff _pauses = new(agent, hold, options.Pause);
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

        // TCP starts slowly: the first interval says nothing.
        long? before = null;
        await using Timer judge = new(_ => Judge(), state: null, interval, interval);
        try
        {
            await WorkAsync(target, LanesOf(target, size, streams: 1), slow.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The connection is slow. FetchRangesAsync fetches the rest with several.
        }

        void Judge()
        {
            long done = target.DoneBytes;
            bool isSlow = done - before < options.Trial.TotalSeconds * SlowBytesPerSecond;
            before = done;
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

        int streams = StreamsFor(target, size);
        ConcurrentQueue<ByteLane> lanes = LanesOf(target, size, streams);
        await Workers.RunAsync(streams, _ => WorkAsync(target, lanes, failed.Token), failed);
    }

    // A lane ends with the archive. What an interrupted copy lacks before that are small gaps.
    private ConcurrentQueue<ByteLane> LanesOf(ICopyTarget target, long size, int streams) => new(
        target.Missing(size, streams == 1 ? Math.Max(options.ChunkBytes, size / MaxLanes) : size).SelectMany(
            range => ByteLane.Split(range, range.End == size ? streams : 1, SliceBytes)));

    private async Task WorkAsync(ICopyTarget target, ConcurrentQueue<ByteLane> lanes, CancellationToken token)
    {
        RangeExport export = new(agent, target, options.Stall);
        while (lanes.TryDequeue(out ByteLane? lane))
        {
            int fruitless = 0;
            while (lane.SliceLeft > 0)
            {
                long came = await export.RunAsync(lane, token);
                fruitless = came > 0 ? 0 : fruitless + 1;
                if (export.IsBroken)
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
