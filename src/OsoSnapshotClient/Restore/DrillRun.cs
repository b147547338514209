using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>
/// <c>drill</c> on this machine: restores a backup into a throwaway Prometheus while it runs, and compares what it
/// answers with the blocks. Nothing stays.
/// </summary>
/// <param name="program">The path of Prometheus.</param>
/// <param name="parent">The directory in which the drill makes one of its own.</param>
/// <param name="unpack">Restores the backup into a directory, and judges each block.</param>
/// <param name="seed">Chooses the metrics whose series are counted.</param>
internal sealed class DrillRun(
    string program,
    string parent,
    Action<RestoreTarget, CancellationToken> unpack,
    int seed,
    Action<string> say,
    TimeProvider time)
{
    private const string Loaded = "prometheus_tsdb_blocks_loaded";
    private const string Reloads = "prometheus_tsdb_reloads_total";
    private const string Blocks = "blocks";

    // Prometheus merges blocks that overlap in time, and deletes them.
    private const string Indexes = "indexes";
    private const string Data = "data";

    private static readonly TimeSpan LoadLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <exception cref="OperatorException">The backup can't be restored, or Prometheus answers otherwise.</exception>
    public Task RunAsync(CancellationToken token) => DrillDirectory.RunInAsync(
        parent, directory => RunInAsync(directory, token));

    private async Task RunInAsync(DirectoryHandle directory, CancellationToken token)
    {
        unpack(new(directory.PathOf(Blocks), owner: null, TextWriter.Null, time), token);
        using DirectoryHandle blocks = directory.OpenDirectory(Blocks);
        DrilledBlock[] restored = [.. DrilledBlock.In(blocks)];
        using DirectoryHandle indexes = directory.CreateDirectory(Indexes);
        Array.ForEach(restored, block => block.CopyIndex(blocks, indexes));
        directory.CreateDirectory(Data).Dispose();
        string retention = RetentionFlags.For([.. restored.Select(block => block.Meta)], time.GetUtcNow()).Flags;
        using ThrowawayServer server =
            await ThrowawayServer.StartAsync(program, directory, directory.PathOf(Data), retention, token);
        try
        {
            using DirectoryHandle data = directory.OpenDirectory(Data);
            double before = await server.Api.MetricAsync(Reloads, token);
            Array.ForEach(restored, block => blocks.Move(block.Id.Text, data, block.Id.Text));
            DrillProof proof = new(server.Api, indexes, restored, seed, say);
            await AwaitLoadedAsync(server.Api, proof, data, before, token);
            await proof.RunAsync(token);
        }
        finally
        {
            await server.EndAsync();
        }

        say($"✅ The drill succeeded: {Plural.Of(restored.Length, "block")}");
    }

    private async Task AwaitLoadedAsync(
        PrometheusApi server, DrillProof proof, DirectoryHandle data, double before, CancellationToken token)
    {
        say("Waiting until Prometheus has loaded the blocks. It looks for new ones once a minute.");
        long startedAt = time.GetTimestamp();
        while (await server.MetricAsync(Reloads, token) <= before
            || await server.MetricAsync(Loaded, token) != data.Names().Count(name => BlockId.TryParse(name, out _)))
        {
            await proof.RequireNoFailureAsync(token);
            if (time.GetElapsedTime(startedAt) > LoadLimit)
            {
                throw DrillProof.Failed(
                    $"Prometheus has not loaded the blocks within {Durations.Format(LoadLimit)}.");
            }

            await Task.Delay(Interval, time, token);
        }
    }
}
