using System.Diagnostics;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Restore;

/// <summary>What is restored, and how.</summary>
internal sealed record LiveRestoreOptions
{
    public required bool LeavesOutExpired { get; init; }

    public required bool LeavesOutOverlap { get; init; }

    public required bool IsDryRun { get; init; }

    /// <summary>Whether the pod is deleted afterwards, and the run with it.</summary>
    public bool IsThrowaway { get; init; }

    public required CopyOptions Copy { get; init; }
}

/// <summary><c>restore --into POD</c>: gives a running Prometheus its history back, without a restart.</summary>
/// <param name="open">Opens the backup, before anything is made in the pod.</param>
internal sealed class LiveRestore(
    KubernetesCluster cluster, PodAccess access, LiveRestoreOptions options, Func<IBlockSource> open)
{
    // A run ends soon after its client was killed. Until then, it keeps others away.
    private static readonly TimeSpan EndOfEarlierRun = TimeSpan.FromSeconds(90);

    // Each attempt leaves a container in the pod's list.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    private readonly IPodReport _report = access.Report;
    private int _fruitless;

    /// <exception cref="OperatorException">The restore failed; blocks that are back stay.</exception>
    /// <exception cref="OperationCanceledException">A signal arrived; the report says what is left.</exception>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        using IBlockSource source = open();
        Preflight preflight = await Preflight.RunAsync(cluster, access, token);
        long startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                string result = await RestoreAsync(preflight, source, token);
                _report.Say($"✅ {access.Pod}: {result}");
                return new(access.Pod, 0);
            }
            catch (RunEndedException e) when (
                e.Status == ExitStatus.Busy && Stopwatch.GetElapsedTime(startedAt) < EndOfEarlierRun)
            {
                _report.Say(
                    $"Another run is at work in the pod. Waiting for the end of that run, {EndOfEarlierRun.TotalSeconds:0} s at most …");
                await Task.Delay(Pause, token);
            }
            catch (RunEndedException e) when (e.End is { ExitStatus: (int)ExitStatus.ReaderGone or 0 })
            {
                if (++_fruitless >= RetryBackoff.MaxFruitless)
                {
                    throw new OperatorException(
                        ClientStatus.Failed,
                        $"No whole block came to the pod in {_fruitless} runs: {e.Message}",
                        BlockDelivery.Again);
                }

                _report.Say("The run ended while the connection was broken. Starting another one …");
                startedAt = Stopwatch.GetTimestamp();
            }
            catch (RunEndedException e) when (e.End is { Remedy: null, EndedBy: null })
            {
                // The container has ended, as with Prometheus' own.
                throw new OperatorException(e.Status, e.Message, $"once Prometheus is ready, {BlockDelivery.Again}");
            }
        }
    }

    private async Task<string> RestoreAsync(Preflight preflight, IBlockSource source, CancellationToken token)
    {
        AgentStart start = new(cluster, access, preflight.Pod, preflight.Target.Name);
        try
        {
            await start.RunAsync(Request(), staysAfter: false, (_, _) => { }, IsReceiving, token);
            await DeliverAsync(new(start.Run!, source, RequestOf(source), options.Copy), token);
            return (await start.Run!.WaitAsync(status => status.End is { ExitStatus: 0 }, token)).End!.Message;
        }
        catch (Exception e) when (!options.IsThrowaway && (e is OperatorException and not RunEndedException
            or OperationCanceledException or IOException or UnauthorizedAccessException))
        {
            _report.Pause();
            _report.Warn("Ending the run. Blocks that are back stay; the same command sends the others.");
            await Interruption.GiveUpAsync(start);
            throw;
        }
        finally
        {
            await (start.Run?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    // A run ends if no connection lasts. Each new one leaves a container in the pod's list.
    private async Task DeliverAsync(BlockDelivery delivery, CancellationToken token)
    {
        try
        {
            await delivery.RunAsync(token);
        }
        finally
        {
            if (delivery.Back > 0)
            {
                _fruitless = 0;
            }
        }
    }

    private static bool IsReceiving(RunStatus status) =>
        status.End is null && status.Phase == PhaseNames.Of(Phase.ReceiveBlocks);

    private StartRequest Request() => new()
    {
        Run = AgentStart.NewName(),
        Kind = RunKinds.Restore,
        Settings = access.Start.Settings,
    };

    private RestoreRequest RequestOf(IBlockSource source) => new()
    {
        Blocks = source.Blocks,
        LeavesOutExpired = options.LeavesOutExpired,
        LeavesOutOverlap = options.LeavesOutOverlap,
        IsDryRun = options.IsDryRun,
        PrometheusVersion = source.PrometheusVersion,
        Authorities = source.Authorities,
    };
}
