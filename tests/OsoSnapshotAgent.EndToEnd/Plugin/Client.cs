using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>The operator's client.</summary>
internal static class Client
{
    /// <summary>The client under test. OSO_SNAPSHOT_CLIENT_BINARY names another one.</summary>
    public static string Binary { get; } =
        Environment.GetEnvironmentVariable("OSO_SNAPSHOT_CLIENT_BINARY") ?? Repository.PathOf("dist/kubectl-oso_snapshot");
}
