using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

internal sealed partial class ApiServer
{
    private async Task CreateAsync(HttpContext context, ApiRequest asked, CancellationToken token)
    {
        JsonObject manifest = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body, cancellationToken: token))!;
        string name = (string)manifest["metadata"]!["name"]!;
        if (!LabelName().IsMatch(name))
        {
            throw ApiException.Invalid(name, "metadata.name", "FieldValueInvalid", $"Invalid value: \"{name}\"");
        }

        if (Pods.Any(pod => pod.Name == name))
        {
            throw new ApiException(409, "AlreadyExists", $"pods \"{name}\" already exists") { Name = name };
        }

        foreach (JsonNode? container in (JsonArray)manifest["spec"]!["containers"]!)
        {
            PodSecurity.Require(Settings.PodSecurity, name, (JsonObject)container!);
        }

        CreatedPod created = new(name, manifest, Folder) { Settings = Settings };
        created.Changed += Publish;
        lock (_lock)
        {
            Pods = [.. Pods, created];
        }

        created.Start();
        context.Response.StatusCode = 201;
        await WriteAsync(context, created.Describe(asked.Namespace));
    }

    // As in a cluster, the pod can be read until its containers have ended.
    private Task DeleteAsync(HttpContext context, ApiRequest asked)
    {
        CreatedPod pod = PodOf(asked) as CreatedPod ?? throw new InvalidOperationException("A test must not lose its own pod");
        JsonObject answer = DocumentOf(asked);
        _ = Task.Run(async () =>
        {
            await pod.EndAsync();
            lock (_lock)
            {
                Pods = [.. Pods.Where(one => one != pod)];
            }

            Publish();
        });
        return WriteAsync(context, answer);
    }
}
