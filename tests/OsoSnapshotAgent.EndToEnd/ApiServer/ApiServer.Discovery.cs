using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

internal sealed partial class ApiServer
{
    private const string Namespaces = "/api/v1/namespaces/";
    private const string Workloads = "/apis/apps/v1/namespaces/oso/";
    private const string Reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    private async Task<JsonNode> AnswerOthersAsync(HttpRequest request)
    {
        string path = request.Path.Value!.TrimEnd('/');
        if (path is "/api" or "/apis" && request.Headers.Accept.ToString().Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal)
            && !request.Headers.Accept.ToString().EndsWith(",application/json", StringComparison.Ordinal))
        {
            throw new ApiException(406, "NotAcceptable", "only the following media types are accepted: application/json");
        }

        return (request.Method, path) switch
        {
            ("GET", "/version") => Parse("""
                {"major": "1", "minor": "32", "gitVersion": "v1.32.13", "gitCommit": "", "gitTreeState": "clean",
                 "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.23", "compiler": "gc", "platform": "linux/amd64"}
                """),
            ("GET", "/api") => Parse("""{"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}"""),
            ("GET", "/apis") => Parse("""
                {"kind": "APIGroupList", "apiVersion": "v1", "groups": [{"name": "authorization.k8s.io",
                 "versions": [{"groupVersion": "authorization.k8s.io/v1", "version": "v1"}],
                 "preferredVersion": {"groupVersion": "authorization.k8s.io/v1", "version": "v1"}}]}
                """),
            ("GET", "/api/v1") => Resources(),
            ("GET", "/apis/authorization.k8s.io/v1") => Parse("""
                {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "authorization.k8s.io/v1", "resources": [
                 {"name": "selfsubjectaccessreviews", "singularName": "selfsubjectaccessreview", "namespaced": false,
                  "kind": "SelfSubjectAccessReview", "verbs": ["create"]}]}
                """),
            ("GET", _) when path.StartsWith(Namespaces, StringComparison.Ordinal) => Namespace(path[Namespaces.Length..]),
            ("GET", Workloads + "statefulsets/prom" or Workloads + "deployments/prom") =>
                Parse("""{"spec": {"selector": {"matchLabels": {"app": "prometheus"}}}}"""),
            ("GET", _) when path.StartsWith(Workloads, StringComparison.Ordinal) => throw new ApiException(
                404, "NotFound", "statefulsets.apps \"none\" not found") { Name = "none", Kind = "statefulsets" },
            ("POST", Reviews) => await ReviewAsync(request),
            _ => throw new ApiException(404, "NotFound", "the server could not find the requested resource"),
        };
    }

    private JsonObject Namespace(string name) => Settings.Denies("get namespaces") ? throw NoNamespace(name) : new()
    {
        ["kind"] = "Namespace",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["uid"] = ClusterUid,
            ["labels"] = new JsonObject { ["pod-security.kubernetes.io/enforce"] = Settings.PodSecurity ?? "privileged" },
        },
        ["status"] = new JsonObject { ["phase"] = "Active" },
    };

    private static ApiException NoNamespace(string name) => new(
        403,
        "Forbidden",
        $"namespaces \"{name}\" is forbidden: User \"{User}\" cannot get resource \"namespaces\" in API group \"\""
        + $" in the namespace \"{name}\"") { Name = name };

    private async Task<JsonNode> ReviewAsync(HttpRequest request)
    {
        using MemoryStream body = new();
        await request.Body.CopyToAsync(body);
        JsonNode review = request.ContentType == "application/vnd.kubernetes.protobuf"
            ? AccessReviewProtobuf.Parse(body.ToArray())
            : JsonNode.Parse(body.ToArray())!;
        JsonNode attributes = review["spec"]!["resourceAttributes"]!;
        string subresource = (string?)attributes["subresource"] ?? string.Empty;
        string right = $"{(string?)attributes["verb"]} {(string?)attributes["resource"]}"
            + (subresource.Length > 0 ? "/" + subresource : string.Empty);
        review["status"] = new JsonObject { ["allowed"] = !Settings.DeniesReview(right) };
        return review;
    }

    private static JsonNode Parse(string json) => JsonNode.Parse(json)!;

    private static JsonObject Resources() => new()
    {
        ["kind"] = "APIResourceList",
        ["groupVersion"] = "v1",
        ["resources"] = new JsonArray(
            new JsonObject
            {
                ["name"] = "namespaces", ["singularName"] = "namespace", ["namespaced"] = false, ["kind"] = "Namespace", ["verbs"] = new JsonArray("get"),
            },
            Resource("pods", "Pod", "get", "list", "watch", "patch", "create", "delete"),
            Resource("pods/attach", "PodAttachOptions", "create", "get"),
            Resource("pods/ephemeralcontainers", "Pod", "get", "patch", "update"),
            Resource("pods/exec", "PodExecOptions", "create", "get"),
            Resource("pods/log", "Pod", "get")),
    };

    private static JsonObject Resource(string name, string kind, params string[] verbs)
    {
        JsonObject resource = new()
        {
            ["name"] = name,
            ["singularName"] = name == "pods" ? "pod" : string.Empty,
            ["namespaced"] = true,
            ["kind"] = kind,
            ["verbs"] = new JsonArray([.. verbs.Select(verb => (JsonNode)verb)]),
        };
        if (name == "pods")
        {
            resource["shortNames"] = new JsonArray("po");
        }

        return resource;
    }
}
