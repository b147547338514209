using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Blocks.Index;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>
/// Waits until the server has loaded the restored blocks, and asks it for their metrics. A server looks for new blocks
/// once a minute: tsdb/db.go, <c>run</c>. It can't while it makes a snapshot or compacts.
/// </summary>
internal sealed class BlockLoading(RunState state, Transcript transcript, Progress progress, TimeProvider time)
{
    private const int MaxNames = 10_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <param name="before">What the server said before the first block got its name.</param>
    /// <param name="isReloadNeeded">Whether a block is new since then.</param>
    /// <exception cref="OperatorException">The server has not loaded the blocks in time, can't load them, or answers
    /// without them.</exception>
    public async Task RunAsync(
        DataDirectory data,
        LiveServer server,
        LoadedBlocks before,
        bool isReloadNeeded,
        CancellationToken token)
    {
        state.Enter(Phase.LoadBlocks);
        transcript.Line("Waiting until Prometheus has loaded the blocks. It looks for new ones once a minute.");
        await progress.WithHeartbeatAsync("Prometheus loads the blocks", async () =>
        {
            long startedAt = time.GetTimestamp();
            while (!await AreLoadedAsync(data, server, before, isReloadNeeded, token))
            {
                if (time.GetElapsedTime(startedAt) > Limit)
                {
                    throw new OperatorException(
                        ExitStatus.NotLoaded,
                        $"The blocks are in place. Prometheus has not loaded them within {Durations.Format(Limit)}.",
                        "It may be busy with a snapshot or a compaction. See its log, and prometheus_tsdb_blocks_loaded. Run the"
                        + " same command again to wait for it.");
                }

                await Task.Delay(Interval, time, token);
            }

            return true;
        });
    }

    /// <summary>Asks the server for every metric of the blocks.</summary>
    /// <param name="blocks">The names of the blocks.</param>
    /// <exception cref="OperatorException">The server answers without some of them.</exception>
    public async Task RequireAnsweredAsync(
        DataDirectory data, LiveServer server, IEnumerable<string> blocks, CancellationToken token)
    {
        HashSet<string> restored = blocks.ToHashSet(StringComparer.Ordinal);
        long asked = 0;
        foreach (LiveBlock block in LiveBlock.In(data).Where(block => restored.Contains(block.Id.Text)))
        {
            IReadOnlyList<string> names = NamesIn(data, block.Id);
            IReadOnlySet<string> known =
                await server.MetricNamesAsync(block.Meta.MinTime, block.Meta.MaxTime - 1, token);
            string[] missing = [.. names.Where(name => !known.Contains(name))];
            asked += names.Count;
            if (missing.Length > 0)
            {
                throw new OperatorException(
                    ExitStatus.PrometheusRefused,
                    $"Prometheus answers without {Plural.Of(missing.Length, "metric")} of block {block.Id}, such as"
                    + $" {Printable.Short(missing[0])}. The block is in place.",
                    "See Prometheus' log, and run the same command again.");
            }
        }

        transcript.Line($"* Prometheus answers with all {Plural.Of(asked, "metric")} of the blocks");
    }

    private static async Task<bool> AreLoadedAsync(
        DataDirectory data,
        LiveServer server,
        LoadedBlocks before,
        bool isReloadNeeded,
        CancellationToken token)
    {
        LoadedBlocks now = await server.LoadedAsync(token);

        // A server that was started anew counts from 0, and has loaded its blocks at its start.
        bool isNewStart = now.Reloads < before.Reloads;
        if (now.Failures > (isNewStart ? 0 : before.Failures))
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                "Prometheus failed to load its blocks. The restored ones are in place.",
                "See Prometheus' log: it names the block. If it is a restored one, please report it.");
        }

        return (isNewStart || !isReloadNeeded || now.Reloads > before.Reloads)
            && LiveBlock.In(data).Count == (int)now.Loaded;
    }

    private static IReadOnlyList<string> NamesIn(DataDirectory data, BlockId block)
    {
        try
        {
            using FileStream index = data.Directory.OpenFile($"{block}/{IndexCheck.FileName}");
            return [.. MetricNames.Read(index, MaxNames).Select(metric => metric.Name)];
        }
        catch (FileNotFoundException)
        {
            // The server has merged it with others meanwhile.
            return [];
        }
    }
}
