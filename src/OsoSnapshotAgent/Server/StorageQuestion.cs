using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Asks a server for its data directory, where its command line does not tell: flags may come from a file
/// (<c>@FILE</c>), and builds such as Debian's have another default.
/// </summary>
internal sealed class StorageQuestion(PrometheusConnector connector, PrometheusLocator locator)
{
    /// <returns>The path, as the flag gives it; null if the server does not answer.</returns>
    public string? Ask(
        ProcessInfo prometheus, PrometheusCommandLine commandLine, ContainerRoot root, CancellationToken token) =>
        AskAsync(prometheus, commandLine, root, token).GetAwaiter().GetResult();

    private async Task<string?> AskAsync(
        ProcessInfo prometheus, PrometheusCommandLine commandLine, ContainerRoot root, CancellationToken token)
    {
        try
        {
            // The data directory is not known yet. The server's address and credentials need only its root.
            using DataDirectory unknown = new(root.OpenDirectory("/"));
            TargetContainer target = new()
            {
                Prometheus = prometheus,
                CommandLine = commandLine,
                Root = root,
                Data = unknown,
                IsDataProven = false,
            };
            using PrometheusClient client = connector.Connect(target);
            return (await locator.FindAsync(client, target, token)).StoragePath;
        }
        catch (Exception e) when (e is OperatorException or IOException or UnauthorizedAccessException)
        {
            // The default path's own failure is reported.
            return null;
        }
    }
}
