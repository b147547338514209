using System.Text.Json.Nodes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>A request that is refused, with the Status object that says why.</summary>
internal sealed class ApiException(int code, string reason, string message, params JsonNode[] causes) : Exception(message)
{
    public int Code => code;

    public int RetryAfterSeconds { get; init; }

    /// <summary>The name of the object that the request asked for; empty if the whole resource is unknown.</summary>
    public string Name { get; init; } = string.Empty;

    public string Kind { get; init; } = "pods";

    public JsonObject Status => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = Message,
        ["reason"] = reason,
        ["details"] = Details(),
        ["code"] = code,
    };

    public static ApiException NotFound(string pod) => new(404, "NotFound", $"pods \"{pod}\" not found") { Name = pod };

    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>What the kubelet answers, as the API server passes it on.</summary>
    public static ApiException Internal(string message) =>
        new(500, "InternalError", "Internal error occurred: " + message, new JsonObject { ["message"] = message });

    public static ApiException Invalid(string pod, string field, string reason, string message) => new(
        422,
        "Invalid",
        $"Pod \"{pod}\" is invalid: {field}: {message}",
        new JsonObject { ["reason"] = reason, ["message"] = message, ["field"] = field }) { Name = pod };

    /// <summary>An end of a command with another status than 0.</summary>
    public static JsonObject NonZero(int exitCode) => new()
    {
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = $"command terminated with non-zero exit code: exit status {exitCode}",
        ["reason"] = "NonZeroExitCode",
        ["details"] = new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = $"{exitCode}" }),
        },
    };

    private JsonObject Details()
    {
        JsonObject details = [];
        if (Name.Length > 0)
        {
            details["name"] = Name;
            details["kind"] = reason == "Invalid" ? "Pod" : Kind;
        }

        if (causes.Length > 0)
        {
            details["causes"] = new JsonArray([.. causes.Select(cause => cause.DeepClone())]);
        }

        if (RetryAfterSeconds > 0)
        {
            details["retryAfterSeconds"] = RetryAfterSeconds;
        }

        return details;
    }
}
