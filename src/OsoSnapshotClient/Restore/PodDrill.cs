using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>What is drilled, and how.</summary>
internal sealed record PodDrillOptions
{
    /// <summary>The directory in which the drill makes one of its own, for the indexes of the blocks.</summary>
    public required string Parent { get; init; }

    /// <summary>Chooses the metrics whose series are counted.</summary>
    public required int Seed { get; init; }

    public required CopyOptions Copy { get; init; }
}

/// <summary>
/// <c>drill --like POD</c>: restores a backup into a throwaway pod by the same code as <c>restore --into</c>, and
/// compares what its Prometheus answers with the blocks. The pod is deleted.
/// </summary>
/// <param name="open">Opens the backup, before anything is made.</param>
internal sealed class PodDrill(
    KubernetesCluster cluster, PodAccess access, DrillPod pod, PodDrillOptions options, Func<IBlockSource> open)
{
    /// <summary>What a drill needs besides the rights of a restore.</summary>
    private static readonly AccessRight[] Rights =
    [
        new("create", "pods"), new("get", "pods"), new("delete", "pods"), .. Preflight.Rights,
    ];

    private readonly ThrowawayPod _pod = new(cluster, access);

    /// <returns>The result: status 11 if all is proven, and the pod may still be there.</returns>
    /// <exception cref="OperatorException">The backup can't be restored, or Prometheus answers otherwise.</exception>
    /// <exception cref="OperationCanceledException">A signal arrived; the pod is deleted.</exception>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        await Preflight.RequireAsync(Rights, cluster, access, token);
        bool isDeleted = true;
        int blocks = 0;
        await DrillDirectory.RunInAsync(options.Parent, async directory =>
        {
            using IndexedBlocks source = new(open(), directory);
            blocks = source.Blocks.Count;
            access.Report.Say($"Creating pod {pod.Name} of the image {pod.Image} in namespace {cluster.Namespace}");
            token.ThrowIfCancellationRequested();
            try
            {
                await _pod.CreateAsync(pod.ToJson(source.Blocks, RetentionOf(source)), token);
                await _pod.AwaitRunningAsync(token);
                await _pod.WatchAsync(() => DrillAsync(source, directory, token), token);
            }
            finally
            {
                isDeleted = await _pod.DeleteAsync();
            }
        });
        access.Report.Say($"✅ The drill succeeded: {Plural.Of(blocks, "block")}");
        return isDeleted ? new(access.Pod, 0) : new(access.Pod, (int)ExitStatus.NotTidiedUp)
        {
            Problem = $"pod {access.Pod} may still be there",
        };
    }

    private async Task DrillAsync(IndexedBlocks source, DirectoryHandle directory, CancellationToken token)
    {
        V1Pod made = await Preflight.ReadAsync(cluster, access, token);
        RemoteAgent agent = await new AgentStart(cluster, access, made, DrillPod.Container)
            .StartIdleAsync(needed: null, token, isResident: true);
        using PrometheusApi server = new(
            new($"http://127.0.0.1:{DrillPod.Port}/"), stop => ConnectAsync(agent, stop), _pod.LastWordsAsync);
        await server.AwaitReadyAsync($"Prometheus in pod {access.Pod}", _pod.RequireAliveAsync, token);
        LiveRestoreOptions live = new()
        {
            LeavesOutExpired = false,
            LeavesOutOverlap = false,
            IsDryRun = false,
            IsThrowaway = true,
            Copy = options.Copy,
        };
        await new LiveRestore(cluster, access, live, () => source).RunAsync(token);
        DrilledBlock[] restored = [.. DrilledBlock.In(directory)];
        if (restored.Length != source.Blocks.Count)
        {
            throw DrillProof.Failed(
                $"Only {Plural.Of(restored.Length, "block")} of {source.Blocks.Count} can be compared.");
        }

        await new DrillProof(server, directory, restored, options.Seed, access.Report.Say).RunAsync(token);
    }

    // The agent is in the pod's network, and its image has netcat. This needs no right besides those of a restore.
    private async ValueTask<Stream> ConnectAsync(RemoteAgent agent, CancellationToken token) => new CommandStream(
        await access.Exec.StartAsync(agent.Container, ["nc", "127.0.0.1", $"{DrillPod.Port}"], token));

    private static string RetentionOf(IndexedBlocks source)
    {
        BlockMeta[] metas =
        [
            .. source.Blocks.Select(
                block => new BlockMeta { Ulid = block.Ulid, MinTime = block.From, MaxTime = block.To }),
        ];
        return RetentionFlags.For(metas, TimeProvider.System.GetUtcNow()).Flags;
    }
}
