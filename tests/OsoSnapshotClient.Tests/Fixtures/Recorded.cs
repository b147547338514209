using System.Text;
using System.Text.Json;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>Answers of a real cluster, and what uses them.</summary>
internal static class Recorded
{
    public const string Pod = "oso-p-prom-svr-0";
    public const string Agent = "oso-snapshot-20261121-091649-27750";
    public const string Image = "registry/oso_snapshot:1";
    public const string Target = "prom-svr";
    public const string Running = """{"running": {"startedAt": "2026-11-21T09:16:50Z"}}""";

    /// <summary>The name of the run.</summary>
    public const string Run = "mine";

    public const string Sha256 = "790ff1633d500f2fecddce51ff3ae6a8b1f752233751ead190eb0cb39cdce4b7";

    /// <summary>The status of the run as it holds its archive.</summary>
    public static RunStatus Held { get; } = new()
    {
        Phase = "hold-for-copy",
        Client = Run,
        ArchiveBytes = 39_084_740,
        Sha256 = Sha256,
        ElapsedSeconds = 9,
    };

    /// <summary>Returns the pod's JSON with the state of the agent's container.</summary>
    public static string PodWith(string agentState) => $$$"""
        {
          "apiVersion": "v1", "kind": "Pod",
          "metadata": {
            "name": "{{{Pod}}}", "namespace": "oso", "uid": "6a1f0c1e-0f3b-4b7e-9a43-0a5f4d0f6a11", "labels": {"app": "prometheus"}
          },
          "spec": {
            "containers": [
              {"name": "configmap-reload", "image": "registry/occne/configmap-reload:0.9"},
              {"name": "{{{Target}}}", "image": "registry/occne/prometheus:v2.42.0", "args": ["--storage.tsdb.path=/data"]}
            ],
            "ephemeralContainers": [
              {"name": "{{{Agent}}}", "image": "{{{Image}}}", "targetContainerName": "{{{Target}}}"}
            ]
          },
          "status": {
            "phase": "Running",
            "ephemeralContainerStatuses": [{"name": "{{{Agent}}}", "state": {{{agentState}}}}]
          }
        }

        """;

    /// <summary>Reads a pod as the client does.</summary>
    /// <exception cref="ClusterException">It is no such pod.</exception>
    public static V1Pod Read(string json)
    {
        try
        {
            byte[] answer = Encoding.UTF8.GetBytes(json);
            AnswerBounds.Require(answer);
            return PodCheck.Require(JsonSerializer.Deserialize(answer, ApiJson.Default.V1Pod), Pod);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw AnswerHandler.Unreadable(e);
        }
    }

    /// <param name="pod">The pod's JSON; null for a pod whose agent runs.</param>
    public static PodAccess Access(IRemoteExec exec, TextWriter? output = null, string? pod = null) => new()
    {
        Exec = exec,
        TryReadPod = _ => Task.FromResult<V1Pod?>(Read(pod ?? PodWith(Running))),
        Pod = Pod,
        Flags = new(["-n", "oso"]),
        Start = new() { Image = Image },
        Report = new LineReport(output ?? TextWriter.Null, string.Empty, isQuiet: false, TimeProvider.System),
    };
}
