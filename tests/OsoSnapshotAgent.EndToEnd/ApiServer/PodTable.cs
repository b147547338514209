using System.Text.Json.Nodes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>The table that "kubectl get pods" prints.</summary>
internal static class PodTable
{
    public static JsonObject Of(IEnumerable<JsonObject> pods) => new()
    {
        ["kind"] = "Table",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = new JsonObject { ["resourceVersion"] = $"{ServedPod.NewestVersion}" },
        ["columnDefinitions"] = new JsonArray(
            Column("Name"), Column("Ready"), Column("Status"), Column("Restarts"), Column("Age")),
        ["rows"] = new JsonArray([.. pods.Select(Row)]),
    };

    private static JsonObject Column(string name) => new JsonObject
    {
        ["name"] = name, ["type"] = "string", ["format"] = name == "Name" ? "name" : string.Empty, ["description"] = name, ["priority"] = 0,
    };

    private static JsonNode Row(JsonObject pod) => new JsonObject
    {
        ["cells"] = new JsonArray((string)pod["metadata"]!["name"]!, "2/2", (string)pod["status"]!["phase"]!, "0", "1h"),
        ["object"] = new JsonObject
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = pod["metadata"]!.DeepClone(),
        },
    };
}
