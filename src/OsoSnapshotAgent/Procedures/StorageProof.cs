using OsoSnapshot.Formats;
using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Procedures;

/// <summary>
/// Compares the data directory with the storage directory that the server itself names, before anything is deleted.
/// </summary>
internal sealed class StorageProof(PrometheusConnector connector, PrometheusLocator locator, AgentSettings settings)
{
    // Prometheus answers with all flags as they were given: prometheus.io/docs/prometheus/latest/querying/api/#flags.
    private const string StorageFlag = "storage.tsdb.path";

    /// <returns>true where the server's storage directory is the data directory; null where that can't be
    /// told.</returns>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.OtherPrometheus"/>: it is another
    /// one.</exception>
    public static bool? Compare(PrometheusServer server, TargetContainer target)
    {
        bool? isSame = server.Flags.TryGetValue(StorageFlag, out string? path) ? LeadsToData(path, target) : null;
        return isSame != false ? isSame : throw new OperatorException(
            ExitStatus.OtherPrometheus,
            $"The Prometheus at {server.BaseUrl} writes to {path}, which is not {target.Data.PathSeenByAgent}. Nothing was touched.",
            "Address the Prometheus of this pod with OSO_SNAPSHOT_URL, or correct OSO_SNAPSHOT_DATA_DIR;"
            + " without both variables they are found.");
    }

    /// <summary>For a removal, which has no new snapshot that would show whose directory it is.</summary>
    /// <exception cref="OperatorException">It is another server's, or that can't be told.</exception>
    public async Task RequireAsync(TargetContainer target, CancellationToken token)
    {
        if (target.IsDataProven || await IsProvenByServerAsync(target, token))
        {
            return;
        }

        throw new OperatorException(
            ExitStatus.TargetUnreachable,
            $"Nothing shows that {target.Data.PathSeenByAgent} is the data directory of a Prometheus that can be"
            + " asked. Nothing was touched.",
            "Start with --target so that its process can be seen, or set OSO_SNAPSHOT_URL and mount the volume under the path that"
            + " Prometheus uses, or delete snapshots* by hand.");
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

    /// <returns>null where the path means nothing here: the target's root can't be seen.</returns>
    private static bool? LeadsToData(string path, TargetContainer target)
    {
        if (!path.StartsWith('/') && target.Prometheus is null)
        {
            // Relative to a working directory that nobody knows.
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
