using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Take;

/// <summary><c>take</c> to a file, to an object of a bucket, or to standard output.</summary>
/// <param name="open">Opens the output; not called for standard output.</param>
internal sealed class TakeRun(
    KubernetesCluster cluster, PodAccess access, TakeOptions take, Func<ICopyOutput> open, EndSignal signal)
{
    private readonly IPodReport _report = access.Report;

    /// <inheritdoc cref="TakeSession.RunAsync" path="/exception"/>
    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        if (take.SkipsExisting
            && await FindExistingAsync(CopyOutput.FileFor(take.Output, access.Pod), token) is { } existing)
        {
            return existing;
        }

        ICopyOutput? output = take.IsToStandardOutput ? null : open();
        using ICarrier carrier = take.IsStream
            ? new StreamCarrier(output, take.Copy, _report)
            : new ArchiveCarrier(output, take.Copy, _report);
        Preflight preflight = await Preflight.RunAsync(cluster, access, token);
        return await new TakeSession(preflight, take, carrier, signal).RunAsync(token);
    }

    private async Task<PodResult?> FindExistingAsync(string file, CancellationToken token)
    {
        if (await CopyOutput.FindCompleteAsync(file, token) is not { } found)
        {
            return null;
        }

        _report.Say($"✅ {file} is complete: left as it is");
        found.Warn(_report);
        return new CarriedCopy(
            new(access.Pod, 0) { File = file, Bytes = RegularFile.SizeOf(file), Sha256 = found.Sha256 },
            CarriedCopy.DamageOf(found.Problems)).Accept();
    }
}
