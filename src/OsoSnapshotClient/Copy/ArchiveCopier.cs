using System.Collections.Concurrent;
using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Progress;

namespace OsoSnapshotClient.Copy;

/// <summary>
/// Fetches the archive's bytes until all are there. The exit status of <c>kubectl exec</c> proves nothing: only the
/// number of bytes counts, and in the end the checksum.
/// </summary>
internal sealed class ArchiveCopier(AgentContainer agent, string hold, CopyOptions options)
{
    private const int MaxFruitless = 8;

    // Less is fetched faster than another connection is made.
    private const long MinRangeBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(0.2);

    private readonly IPodReport _report = agent.Access.Report;
    private int _cuts;

    /// <returns>How often a connection broke.</returns>
    /// <exception cref="OperatorException">The bytes don't come, or can't be written.</exception>
    public async Task<int> CopyAsync(ICopyTarget target, long size, CancellationToken token)
    {
        _cuts = 0;
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(token);
        Task reports = ReportAsync(target, size, failed.Token);
        IReadOnlyList<Task> workers = Start(target, size, failed.Token);
        try
        {
            await foreach (Task worker in Task.WhenEach(workers))
            {
                await worker;
            }
        }
        finally
        {
            await failed.CancelAsync();
            await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await reports;
            target.Save();
            _report.Pause();
        }

        return _cuts;
    }

    private IReadOnlyList<Task> Start(ICopyTarget target, long size, CancellationToken token)
    {
        long missing = size - target.DoneBytes;
        int count = (int)Math.Clamp(missing / MinRangeBytes, 1, target.TakesRanges ? options.Streams : 1);
        if (count > 1)
        {
            (target as PartFile)?.BeginRanges();
        }

        // The check follows from the start on: short ranges in their order keep it close behind.
        long range = count == 1 ? options.ChunkBytes : Math.Min(options.ChunkBytes, MinRangeBytes);
        ConcurrentQueue<ByteRange> ranges = new(target.Missing(size, range));
        return [.. Enumerable.Range(0, count).Select(_ => Task.Run(() => WorkAsync(target, ranges, token), token))];
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
                    await PauseAsync(fruitless, export.ErrorText, target, token);
                }
            }
        }
    }

    private async Task PauseAsync(int fruitless, string error, ICopyTarget target, CancellationToken token)
    {
        if (await agent.ReadStateAsync(token) is { } state && state.Phase != Kubectl.ContainerPhase.Running)
        {
            throw await EndedAsync(state, token);
        }

        if (fruitless >= MaxFruitless)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"No byte came in {fruitless} attempts: {error}",
                $"the container waits ({hold} at most): run the same command again to resume the copy after"
                + $" {ByteSize.Format(target.DoneBytes)}");
        }

        TimeSpan pause = options.Pause * Math.Pow(2, fruitless - 1);
        await Task.Delay(pause < MaxPause ? pause : MaxPause, token);
    }

    private async Task<OperatorException> EndedAsync(Kubectl.AgentState state, CancellationToken token)
    {
        string status = state.HasEnded ? $"status {state.ExitCode}" : "no status";
        string cause = await agent.DescribeTargetEndAsync(state, token);
        return new RunEndedException(
            ClientStatus.Failed,
            $"The container ended before the copy was whole ({status}): {state.Message}{cause}",
            AgentContainer.Again);
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
