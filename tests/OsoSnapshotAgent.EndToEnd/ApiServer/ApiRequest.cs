using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>A request for pods, or for one of them, or for a subresource of one.</summary>
internal sealed record ApiRequest(string Namespace, string? Pod, string Subresource, string Verb)
{
    public string Resource => Subresource.Length == 0 ? "pods" : "pods/" + Subresource;

    public static ApiRequest? TryParse(HttpRequest request)
    {
        string[] words = (request.Path.Value ?? string.Empty).Trim('/').Split('/');
        return words switch
        {
            ["api", "v1", "pods"] => new(string.Empty, null, string.Empty, VerbOf(request, isNamed: false)),
            ["api", "v1", "namespaces", var name, "pods"] => new(name, null, string.Empty, VerbOf(request, isNamed: false)),
            ["api", "v1", "namespaces", var name, "pods", var pod] => new(name, pod, string.Empty, VerbOf(request, isNamed: true)),
            ["api", "v1", "namespaces", var name, "pods", var pod, var sub] => new(name, pod, sub, VerbOf(request, isNamed: true)),
            _ => null,
        };
    }

    public static bool IsSet(HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out StringValues value) && value != "false" && value != "0";

    private static string VerbOf(HttpRequest request, bool isNamed) => request.Method switch
    {
        "GET" when IsSet(request, "watch") => "watch",
        "GET" => isNamed ? "get" : "list",
        "POST" => "create",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => request.Method,
    };
}
