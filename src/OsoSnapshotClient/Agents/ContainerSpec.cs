using System.Text.Json.Nodes;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// The ephemeral container of an agent, as the Kubernetes API takes it (core/v1, EphemeralContainer). It has what the
/// restricted Pod Security policy asks for.
/// </summary>
internal sealed record ContainerSpec
{
    public required string Name { get; init; }

    public required string Target { get; init; }

    public required StartOptions Start { get; init; }

    /// <summary>The identity; null for that of the image.</summary>
    public AgentIdentity? Identity { get; init; }

    /// <summary>Whether the container stays for later runs.</summary>
    public bool IsResident { get; init; }

    /// <summary>Whether it may look into processes that have more capabilities, as those of root have.</summary>
    public bool CanTrace { get; init; }

    public JsonObject ToJson()
    {
        JsonObject container = new()
        {
            ["name"] = Name,
            ["image"] = Start.Image,
            ["command"] = new JsonArray(RemoteAgent.Program, "wait"),
            ["targetContainerName"] = Target,
            ["securityContext"] = Security(),
        };
        if (IsResident)
        {
            container["command"]!.AsArray().Add((JsonNode)"--resident");
        }

        if (Start.Custom is { } custom)
        {
            Merge(container, custom);
        }

        return container;
    }

    private JsonObject Security()
    {
        JsonObject security = new()
        {
            ["allowPrivilegeEscalation"] = false,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
            ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            ["runAsNonRoot"] = Identity is not { IsRoot: true },
        };
        if (CanTrace)
        {
            security["capabilities"]!["add"] = new JsonArray("SYS_PTRACE");
        }

        if (Identity is { } identity)
        {
            security["runAsUser"] = identity.User;
            if (identity.Group is { } group)
            {
                security["runAsGroup"] = group;
            }
        }

        return security;
    }

    // RFC 7386: null removes a member, an object is merged, anything else replaces.
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner)
            {
                JsonObject merged = target[name] as JsonObject ?? [];
                Merge(merged, inner);
                target[name] = merged;
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
