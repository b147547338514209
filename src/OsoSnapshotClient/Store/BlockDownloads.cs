using System.Collections.Concurrent;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Copies the blocks that a directory lacks, several at a time.</summary>
internal sealed class BlockDownloads(AgentRun run, IBackupStore store, CopyOptions options)
{
    private readonly ConcurrentBag<StoredBlock> _stored = [];
    private readonly ConcurrentBag<StoredBlock> _copied = [];
    private readonly List<IBlockWay> _copiers = [];
    private readonly ConcurrentBag<long> _doneContent = [];

    /// <summary>The blocks that this run has copied.</summary>
    public IReadOnlyCollection<StoredBlock> Copied => _copied;

    /// <summary>How often a connection broke.</summary>
    public int Cuts => _copiers.Sum(copier => copier.Cuts);

    /// <returns>The missing blocks as they now lie in the directory.</returns>
    /// <exception cref="OperatorException">A block can't be copied; those that were copied stay.</exception>
    public async Task<IReadOnlyCollection<StoredBlock>> RunAsync(
        IReadOnlyList<(BlockName Name, SnapshotBlock Block)> missing, CancellationToken token)
    {
        if (missing.Count == 0)
        {
            return [];
        }

        string? engine = await AskEngineAsync(missing[0].Name, token);
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(token);

        // The largest first: otherwise one worker may start a large block when the others have no more work.
        ConcurrentQueue<(BlockName Name, SnapshotBlock Block)> queue =
            new(missing.OrderByDescending(one => one.Block.Bytes));
        DirectSwitch? direct = null;
        if (options.Direct != DirectUse.No && store is S3Store bucket)
        {
            direct = new(
                $"The pod can't send blocks to {bucket.Endpoint}", options.Direct, run.Agent.Access.Report);
        }

        for (int worker = 0; worker < Math.Min(options.Streams, missing.Count); worker++)
        {
            BlockDownload through = new(run, store, engine, options);
            _copiers.Add(direct is null ? through : new DirectWay(new(run, (S3Store)store, options), through, direct));
        }

        // The blocks' content is counted, because the size of their archives is unknown before the copy.
        await CopyProgress.ShowAsync(
            run.Agent.Access.Report,
            "copying blocks",
            () => ByteSize.Sum(_copiers.Select(copier => copier.ContentBytes).Concat(_doneContent)),
            ByteSize.Sum(missing.Select(one => one.Block.Bytes)),
            () => Workers.RunAsync(
                _copiers.Count, worker => WorkAsync(_copiers[worker], queue, failed.Token), failed));
        return _stored;
    }

    private async Task WorkAsync(
        IBlockWay copier, ConcurrentQueue<(BlockName Name, SnapshotBlock Block)> queue, CancellationToken token)
    {
        while (queue.TryDequeue(out (BlockName Name, SnapshotBlock Block) next))
        {
            (StoredBlock stored, bool isCopied) = await copier.RunAsync(next.Name, next.Block.Bytes, token);
            _stored.Add(stored);
            if (isCopied)
            {
                _copied.Add(stored);
            }

            copier.Forget();
            _doneContent.Add(next.Block.Bytes);
        }
    }

    /// <returns>The engine that makes the agent's bytes; null if the connection broke.</returns>
    private async Task<string?> AskEngineAsync(BlockName block, CancellationToken token)
    {
        RemoteAnswer answer = await run.Agent.AskAsync(
            ["export", "--length", "0", "--block", block.Ulid.Text], token);
        return ExportEnd.Parse(answer.Error, new(0, answer.ExitCode, string.Empty)).Engine;
    }
}
