using System.Text.Json.Nodes;
using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Tests.Cluster;

/// <summary>Requests and answers of the API server.</summary>
public sealed class KubernetesClusterTests
{
    private const string Sound = """{"metadata":{"name":"prom-0","namespace":"oso"},"spec":{"containers":[{"name":"a"}]}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pod_is_read_without_what_nobody_needs()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(context, 200, """
            {"metadata":{"name":"prom-0","namespace":"oso","labels":{"env":"prod","resources":"many"},"managedFields":[{"manager":"x"}]},
             "spec":{"containers":[{"name":"a","image":"i","resources":{"limits":{"cpu":"1e999999999"}}}],"securityContext":{"runAsUser":1000}},
             "status":{"phase":"Running"}}
            """));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        V1Pod pod = await cluster.ReadPodAsync(ApiServer.Pod, Token);

        Assert.Equal(["GET /api/v1/namespaces/oso/pods/prom-0"], server.Requests);
        Assert.Equal("prod", pod.Metadata.Labels!["env"]);
        Assert.Equal("many", pod.Metadata.Labels["resources"]);
        Assert.Equal(1000, pod.Spec.SecurityContext?.RunAsUser);
        Assert.Equal("i", Assert.Single(pod.Spec.Containers).Image);
    }

    [Fact]
    public async Task All_pages_of_a_list_are_read()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(
            context,
            200,
            context.Request.Query["continue"] == "next"
                ? """{"metadata":{},"items":[{"metadata":{"name":"b","namespace":"x"}}]}"""
                : """{"metadata":{"continue":"next"},"items":[{"metadata":{"name":"a","namespace":"oso"}}]}"""));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        IReadOnlyList<V1Pod> pods = await cluster.ListPodsAsync("app=x", allNamespaces: true, Token);

        Assert.Equal(["a", "b"], pods.Select(pod => pod.Metadata.Name));
        Assert.Equal(
            [
                "GET /api/v1/pods?limit=100&labelSelector=app%3Dx",
                "GET /api/v1/pods?limit=100&labelSelector=app%3Dx&continue=next",
            ],
            server.Requests);
    }

    [Fact]
    public async Task A_container_is_asked_for_by_a_patch_that_is_never_sent_twice()
    {
        string body = string.Empty;
        await using ApiServer server = await ApiServer.StartAsync(async context =>
        {
            using StreamReader reader = new(context.Request.Body);
            body = $"{context.Request.ContentType} {await reader.ReadToEndAsync()}";
            context.Response.Headers.RetryAfter = "1";
            await ApiServer.AnswerAsync(context, 429, """{"kind":"Status","reason":"TooManyRequests","message":"busy","code":429}""");
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException told = await Assert.ThrowsAsync<ClusterException>(
            () => cluster.AddEphemeralContainerAsync(ApiServer.Pod, new JsonObject { ["name"] = "x" }, isDryRun: true, Token));

        Assert.Equal(429, told.Code);
        Assert.Equal(["PATCH /api/v1/namespaces/oso/pods/prom-0/ephemeralcontainers?dryRun=All"], server.Requests);
        Assert.StartsWith("application/strategic-merge-patch+json", body, StringComparison.Ordinal);
        Assert.EndsWith("""{"spec":{"ephemeralContainers":[{"name":"x"}]}}""", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_forbidden_container_is_a_missing_right_or_a_policy(bool hasRight)
    {
        await using ApiServer server = await ApiServer.StartAsync(context => context.Request.Method == "PATCH"
            ? ApiServer.AnswerAsync(context, 403, """{"kind":"Status","reason":"Forbidden","message":"violates PodSecurity","code":403}""")
            : ApiServer.AnswerAsync(context, 201, $$$"""{"spec":{},"status":{"allowed":{{{(hasRight ? "true" : "false")}}}}}"""));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException told = await Assert.ThrowsAsync<ClusterException>(
            () => cluster.AddEphemeralContainerAsync(ApiServer.Pod, new JsonObject(), isDryRun: false, Token));

        Assert.Equal(hasRight ? null : new AccessRight("patch", "pods", "ephemeralcontainers"), told.MissingRight);
        Assert.Equal(hasRight, told.IsForContainer);
    }

    [Fact]
    public async Task The_missing_rights_are_found()
    {
        await using ApiServer server = await ApiServer.StartAsync(async context =>
        {
            JsonNode asked = JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!;
            JsonNode what = asked["spec"]!["resourceAttributes"]!;
            bool isAllowed = (string?)what["verb"] == "get" && (string?)what["namespace"] == "oso";
            await ApiServer.AnswerAsync(context, 201, $$$"""{"spec":{},"status":{"allowed":{{{(isAllowed ? "true" : "false")}}}}}""");
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        AccessRight missing = new("create", "pods", "exec");

        Assert.Equal([missing], await cluster.FindMissingAsync([new("get", "pods"), missing, new("get", "pods", "log")], Token));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(0)]
    public async Task A_read_is_repeated_where_the_server_is_busy_or_the_connection_breaks(int code)
    {
        int asked = 0;
        await using ApiServer server = await ApiServer.StartAsync(context =>
        {
            if (++asked > 2)
            {
                return ApiServer.AnswerAsync(context, 200, Sound);
            }

            if (code == 0)
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return ApiServer.AnswerAsync(context, code, "busy");
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        Assert.Equal("prom-0", (await cluster.ReadPodAsync(ApiServer.Pod, Token)).Metadata.Name);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_left_in_time()
    {
        await using ApiServer server = await ApiServer.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using KubernetesCluster cluster = KubernetesCluster.Create(
            server.Options with { RequestTimeout = TimeSpan.FromSeconds(0.5) });

        ClusterException told = await Assert.ThrowsAsync<ClusterException>(() => cluster.ReadPodAsync(ApiServer.Pod, Token));

        Assert.Equal((0, "Timeout"), (told.Code, told.Reason));
    }

    [Fact]
    public async Task The_right_to_read_is_the_missing_one()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(context, 403, "no"));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException get = await Assert.ThrowsAsync<ClusterException>(() => cluster.ReadPodAsync(ApiServer.Pod, Token));
        ClusterException list = await Assert.ThrowsAsync<ClusterException>(() => cluster.ListPodsAsync(null, false, Token));

        Assert.Equal(("'get' on pods", "'list' on pods"), (get.MissingRight!.ToString(), list.MissingRight!.ToString()));
    }

    [Fact]
    public async Task The_pods_of_a_workload_are_those_of_its_selector()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(
            context,
            200,
            context.Request.Path.Value!.EndsWith("/pods", StringComparison.Ordinal)
                ? $$"""{"metadata":{},"items":[{{Sound}}]}"""
                : """{"metadata":{"name":"p"},"spec":{"selector":{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"k","operator":"In","values":["x","y"]},{"key":"e","operator":"Exists"}]}}}"""));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        Assert.Equal(["prom-0"], await cluster.ResolvePodsAsync("sts/p", Token));
        Assert.Equal(["prom-0"], await cluster.ResolvePodsAsync("deployment/p", Token));

        Assert.Equal("GET /apis/apps/v1/namespaces/oso/statefulsets/p", server.Requests[0]);
        Assert.Equal(
            "GET /api/v1/namespaces/oso/pods?limit=100&labelSelector=a%3Db%2Ck%20in%20%28x%2Cy%29%2Ce", server.Requests[1]);
        Assert.Equal("GET /apis/apps/v1/namespaces/oso/deployments/p", server.Requests[2]);
    }

    [Fact]
    public async Task A_workload_without_a_selector_does_not_choose_every_pod()
    {
        await using ApiServer server = await ApiServer.StartAsync(
            context => ApiServer.AnswerAsync(context, 200, """{"metadata":{"name":"p"},"spec":{"selector":{}}}"""));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        await Assert.ThrowsAsync<ClusterException>(() => cluster.ResolvePodsAsync("sts/p", Token));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Another_namespace_uses_the_same_connections()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(context, 200, Sound));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await using (KubernetesCluster other = cluster.InNamespace("x"))
        {
            await other.ReadPodAsync(ApiServer.Pod, Token);
        }

        await cluster.ReadPodAsync(ApiServer.Pod, Token);

        Assert.Equal(
            ["GET /api/v1/namespaces/x/pods/prom-0", "GET /api/v1/namespaces/oso/pods/prom-0"], server.Requests);
        Assert.Single(server.Calls.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
