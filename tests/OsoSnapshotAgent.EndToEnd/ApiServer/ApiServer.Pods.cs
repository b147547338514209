using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

internal sealed partial class ApiServer
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSource();

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Publish()
    {
        lock (_lock)
        {
            _changed.SetResult();
            _changed = NewSource();
        }
    }

    private Task NextChange()
    {
        lock (_lock)
        {
            return _changed.Task;
        }
    }

    private JsonObject DocumentOf(ApiRequest asked) => PodOf(asked).Describe(asked.Namespace);

    private Task ListAsync(HttpContext context, ApiRequest asked)
    {
        JsonObject[] items = [.. Selected(context.Request).Select(pod => pod.Describe(NamespaceOf(asked)))];
        return WriteObjectsAsync(context, items, new JsonObject
        {
            ["kind"] = "PodList",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject { ["resourceVersion"] = $"{ServedPod.NewestVersion}" },
            ["items"] = new JsonArray([.. items.Select(item => item.DeepClone())]),
        });
    }

    /// <summary>Writes an object, or the table of objects that "kubectl get" asks for.</summary>
    private static Task WriteObjectsAsync(HttpContext context, JsonObject[] items, JsonObject whole) =>
        WriteAsync(context, WantsTable(context) ? PodTable.Of(items) : whole);

    private static bool WantsTable(HttpContext context) =>
        context.Request.Headers.Accept.ToString().StartsWith("application/json;as=Table", StringComparison.Ordinal);

    // A request for the pods of all namespaces finds them in the only one that they have.
    private static string NamespaceOf(ApiRequest asked) => asked.Namespace.Length > 0 ? asked.Namespace : "oso";

    private IEnumerable<ServedPod> Selected(HttpRequest request)
    {
        string[] labels = [.. request.Query["labelSelector"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries)];
        string name = request.Query["fieldSelector"].ToString();
        if (name.Length > 0 && !name.StartsWith("metadata.name=", StringComparison.Ordinal))
        {
            throw ApiException.BadRequest($"field label not supported: {name}");
        }

        return Pods.Where(pod =>
            (name.Length == 0 || name == "metadata.name=" + pod.Name) && Array.TrueForAll(labels, pod.HasLabel));
    }

    private async Task WatchAsync(HttpContext context, ApiRequest asked, CancellationToken token)
    {
        bool hasInitialEvents = ApiRequest.IsSet(context.Request, "sendInitialEvents");
        RefuseInitialEvents(hasInitialEvents);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (int.TryParse(context.Request.Query["timeoutSeconds"], out int seconds))
        {
            end.CancelAfter(TimeSpan.FromSeconds(seconds));
        }

        context.Response.ContentType = "application/json";
        _ = long.TryParse(context.Request.Query["resourceVersion"], out long seen);
        Dictionary<string, long> versions = [];
        bool isFirst = true;
        bool isFromCache = context.Request.Query["resourceVersion"] == "0" && !hasInitialEvents;
        while (true)
        {
            Task changed = NextChange();
            foreach (ServedPod pod in Selected(context.Request))
            {
                long version = pod.Version;
                if (version > versions.GetValueOrDefault(pod.Name, hasInitialEvents ? 0 : seen))
                {
                    string type = versions.ContainsKey(pod.Name) || (seen > 0 && !hasInitialEvents) ? "MODIFIED" : "ADDED";
                    JsonObject now = pod.Describe(NamespaceOf(asked));
                    JsonObject shown = WantsTable(context) ? PodTable.Of([now]) : now;
                    await WriteEventAsync(context, type, shown, end.Token);
                    if (isFirst && isFromCache && pod.Containers.Count > 0)
                    {
                        // kubectl drops the first event, since it has read the pod before. A cache that is one version
                        // behind tells what happened in between with a second one.
                        await WriteEventAsync(context, "MODIFIED", (JsonObject)shown.DeepClone(), end.Token);
                    }
                }

                versions[pod.Name] = version;
            }

            if (isFirst && hasInitialEvents)
            {
                await WriteEventAsync(context, "BOOKMARK", InitialEventsEnd(), end.Token);
            }

            isFirst = false;
            await context.Response.Body.FlushAsync(end.Token);
            await changed.WaitAsync(end.Token);
        }
    }

    private void RefuseInitialEvents(bool areWanted)
    {
        if (areWanted && !Settings.AnswersWatchList)
        {
            throw new ApiException(
                422, "Invalid", "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
        }
    }

    private static JsonObject InitialEventsEnd() => new()
    {
        ["kind"] = "Pod",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject
        {
            ["resourceVersion"] = $"{ServedPod.NewestVersion}",
            ["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" },
        },
    };

    private static Task WriteEventAsync(HttpContext context, string type, JsonNode now, CancellationToken token) =>
        context.Response.WriteAsync(new JsonObject { ["type"] = type, ["object"] = now }.ToJsonString() + "\n", token);
}
