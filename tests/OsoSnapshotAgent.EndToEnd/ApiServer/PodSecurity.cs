using System.Text.Json.Nodes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>Pod Security admission, as far as containers of agents meet it.</summary>
internal static class PodSecurity
{
    /// <exception cref="ApiException">The level does not permit the container.</exception>
    public static void Require(string? level, string pod, JsonObject container)
    {
        string[] violations = level == "restricted" ? [.. Violations(container)] : [];
        if (violations.Length > 0)
        {
            throw new ApiException(
                403,
                "Forbidden",
                $"pods \"{pod}\" is forbidden: violates PodSecurity \"{level}:latest\": {string.Join(", ", violations)}",
                [.. violations.Select(one => (JsonNode)new JsonObject { ["message"] = one })]) { Name = pod };
        }
    }

    private static IEnumerable<string> Violations(JsonObject container)
    {
        JsonNode? security = container["securityContext"];
        string name = $"container \"{(string)container["name"]!}\" must set securityContext";
        string[] dropped = [.. (security?["capabilities"]?["drop"] as JsonArray ?? []).Select(one => (string)one!)];
        string[] added = [.. (security?["capabilities"]?["add"] as JsonArray ?? []).Select(one => (string)one!)];
        if ((bool?)security?["allowPrivilegeEscalation"] != false)
        {
            yield return $"allowPrivilegeEscalation != false ({name}.allowPrivilegeEscalation=false)";
        }

        if (!dropped.Contains("ALL") || added.Any(one => one != "NET_BIND_SERVICE"))
        {
            yield return $"unrestricted capabilities ({name}.capabilities.drop=[\"ALL\"])";
        }

        if ((bool?)security?["runAsNonRoot"] != true)
        {
            yield return $"runAsNonRoot != true ({name}.runAsNonRoot=true)";
        }

        if ((string?)security?["seccompProfile"]?["type"] is not ("RuntimeDefault" or "Localhost"))
        {
            yield return $"seccompProfile ({name}.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")";
        }
    }
}
