using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Progress;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>Answers of a real cluster, and helpers that use them.</summary>
internal static class Recorded
{
    public const string Pod = "oso-p-prom-svr-0";
    public const string Agent = "oso-snapshot-20261121-091649-27750";

    /// <summary>Returns the pod's JSON with the state of the agent's container.</summary>
    public static string PodWith(string agentState) => $$$"""
        {
          "apiVersion": "v1", "kind": "Pod",
          "metadata": {"name": "{{{Pod}}}", "labels": {"app": "prometheus"}},
          "spec": {
            "containers": [
              {"name": "configmap-reload", "image": "registry/occne/configmap-reload:0.9"},
              {"name": "prom-svr", "image": "registry/occne/prometheus:v2.42.0", "args": ["--storage.tsdb.path=/data"]}
            ],
            "ephemeralContainers": [
              {"name": "{{{Agent}}}", "image": "registry/oso_snapshot:1", "targetContainerName": "prom-svr"}
            ]
          },
          "status": {
            "phase": "Running",
            "ephemeralContainerStatuses": [{"name": "{{{Agent}}}", "state": {{{agentState}}}}]
          }
        }

        """;

    public static PodAccess Access(IKubectl kubectl, TextWriter? output = null) => new()
    {
        Kubectl = kubectl,
        Pod = Pod,
        Flags = new(["-n", "oso"]),
        Start = new() { Image = "registry/oso_snapshot:1" },
        Report = new LineReport(output ?? TextWriter.Null, string.Empty, isQuiet: false, TimeProvider.System),
    };
}
