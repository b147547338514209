using System.Text.Json.Nodes;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;

namespace OsoSnapshotClient.Agents;

/// <summary>Everything that the work on one pod needs.</summary>
internal sealed record PodAccess
{
    public required IRemoteExec Exec { get; init; }

    /// <summary>Reads the pod; null if it can't be read now.</summary>
    public required Func<CancellationToken, Task<V1Pod?>> TryReadPod { get; init; }

    public required string Pod { get; init; }

    public required GlobalFlags Flags { get; init; }

    public required StartOptions Start { get; init; }

    public required IPodReport Report { get; init; }

    public ClusterPlace Place => new(Pod, Flags.Text) { Target = Start.Target };

    /// <summary>A command of this program for this pod, for a remedy.</summary>
    public string Command(string verb) => $"kubectl oso-snapshot {verb}{Flags.Text} {Pod}";

    /// <summary>The command that has the agent remove its files, for a remedy. It starts a container.</summary>
    /// <param name="endsResident">Whether the container that stays is ended too.</param>
    public string RemoveCommand(bool endsResident = false) =>
        $"kubectl oso-snapshot remove{(endsResident ? " --resident" : null)}{Flags.Text} --image {Start.Image} {Pod}";

    /// <summary>The command that shows a container's log, for a remedy.</summary>
    public string LogCommand(string container) => $"kubectl logs {Pod} -c {container}{Flags.Text}";
}

/// <summary>How an agent's container is started.</summary>
internal sealed record StartOptions
{
    public required string Image { get; init; }

    /// <summary>The container that runs Prometheus; null to find it.</summary>
    public string? Target { get; init; }

    /// <summary>The identity that the operator gave; null to take Prometheus'.</summary>
    public AgentIdentity? Identity { get; init; }

    /// <summary>A partial container of the Kubernetes API, which is merged over the client's; null for none.</summary>
    public JsonObject? Custom { get; init; }

    /// <summary>The agent's settings by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}
