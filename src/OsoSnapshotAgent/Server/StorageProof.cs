using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Compares the data directory with the storage directory that the server names, before anything is deleted.
/// </summary>
internal sealed class StorageProof(PrometheusConnector connector, PrometheusLocator locator, AgentSettings settings)
{
    /// <returns>true if the server's storage directory is the data directory; null if that can't be decided.</returns>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.OtherPrometheus"/>: the server uses another
    /// directory.</exception>
    public static bool? Compare(PrometheusServer server, TargetContainer target)
    {
        bool? isSame = server.StoragePath is { } path ? LeadsToData(path, target) : null;
        return isSame != false ? isSame : throw new OperatorException(
            ExitStatus.OtherPrometheus,
            $"The Prometheus at {server.BaseUrl} writes to {server.StoragePath}, which is not"
            + $" {target.Data.PathSeenByAgent}. Nothing was touched.",
            "Set OSO_SNAPSHOT_URL to the Prometheus of this pod, or correct OSO_SNAPSHOT_DATA_DIR."
            + " Without these two variables, the agent finds both.");
    }

    /// <summary>
    /// Requires the proof for a removal, which makes no new snapshot that could show whose directory it is.
    /// </summary>
    /// <exception cref="OperatorException">The server uses another directory, or nothing shows which one it
    /// uses.</exception>
    public async Task RequireAsync(TargetContainer target, CancellationToken token)
    {
        if (target.IsDataProven || await IsProvenByServerAsync(target, token))
        {
            return;
        }

        throw new OperatorException(
            ExitStatus.TargetUnreachable,
            $"Nothing shows that {target.Data.PathSeenByAgent} is the data directory of a Prometheus that answers."
            + " Nothing was touched.",
            "Start with --target so that Prometheus' process can be seen. Or set OSO_SNAPSHOT_URL and mount the volume under the"
            + " path that Prometheus uses. Or delete snapshots* by hand.");
    }

    private async Task<bool> IsProvenByServerAsync(TargetContainer target, CancellationToken token)
    {
        if (CandidateUrls.Of(settings, target).Count == 0)
        {
            return false;
        }

        using PrometheusClient client = connector.Connect(target);
        return Compare(await locator.FindAsync(client, target, token), target) is not null;
    }

    /// <returns>null if the path can't be compared, because the target's root can't be seen.</returns>
    private static bool? LeadsToData(string path, TargetContainer target)
    {
        if (!path.StartsWith('/') && target.Prometheus is null)
        {
            // The path is relative to a working directory that the agent can't see.
            return null;
        }

        try
        {
            using DirectoryHandle storage = target.Root.OpenDirectory(path);
            bool isSame = storage.Status.Identity == target.Data.Directory.Status.Identity;
            return isSame || target.Root.IsOfAnotherProcess ? isSame : null;
        }
        catch (IOException)
        {
            return target.Root.IsOfAnotherProcess ? false : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
