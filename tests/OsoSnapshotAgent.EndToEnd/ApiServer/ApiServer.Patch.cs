using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

internal sealed partial class ApiServer
{
    private readonly ConcurrentQueue<EphemeralContainer> _started = [];

    /// <summary>All containers that were asked for, in the order of the requests.</summary>
    public IReadOnlyCollection<EphemeralContainer> Started => _started;

    /// <summary>Where the files of termination messages are.</summary>
    public required string Folder { get; init; }

    private async Task PatchAsync(HttpContext context, ApiRequest asked, CancellationToken token)
    {
        ServedPod pod = PodOf(asked);
        if (context.Request.ContentType?.StartsWith("application/strategic-merge-patch+json", StringComparison.Ordinal) != true)
        {
            throw new ApiException(415, "UnsupportedMediaType", "only application/strategic-merge-patch+json is imitated");
        }

        JsonNode patch = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: token))!;
        HashSet<string> known = [.. pod.Containers.Select(one => one.Name)];
        JsonObject[] added =
        [
            .. (patch["spec"]?["ephemeralContainers"] as JsonArray ?? []).OfType<JsonObject>()
                .Where(one => !known.Contains((string?)one["name"] ?? string.Empty)),
        ];
        foreach (JsonObject one in added)
        {
            Validate(pod, one, known.Count);
            PodSecurity.Require(Settings.PodSecurity, pod.Name, one);
        }

        JsonObject answer = DocumentOf(asked);
        if (context.Request.Query["dryRun"] != "All")
        {
            foreach (JsonObject one in added)
            {
                EphemeralContainer container = new(pod, (JsonObject)one.DeepClone(), Folder);
                _started.Enqueue(container);
                pod.Add(container);
            }

            answer = DocumentOf(asked);
            await Task.Delay(TimeSpan.FromSeconds(Settings.DebugSeconds), token);
        }

        await WriteAsync(context, answer);
    }

    private static void Validate(ServedPod pod, JsonObject added, int position)
    {
        string field = $"spec.ephemeralContainers[{position}]";
        string name = (string?)added["name"] ?? string.Empty;
        string target = (string?)added["targetContainerName"] ?? string.Empty;
        if (!LabelName().IsMatch(name))
        {
            throw ApiException.Invalid(pod.Name, field + ".name", "FieldValueInvalid", $"Invalid value: \"{name}\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'");
        }

        if (pod.ContainerNames.Contains(name))
        {
            throw ApiException.Invalid(pod.Name, field + ".name", "FieldValueDuplicate", $"Duplicate value: \"{name}\"");
        }

        if (((string?)added["image"] ?? string.Empty).Length == 0)
        {
            throw ApiException.Invalid(pod.Name, field + ".image", "FieldValueRequired", "Required value");
        }

        if (target.Length > 0 && !pod.ContainerNames.Contains(target))
        {
            throw ApiException.Invalid(pod.Name, field + ".targetContainerName", "FieldValueNotFound", $"Not found: \"{target}\"");
        }
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
    private static partial Regex LabelName();
}
