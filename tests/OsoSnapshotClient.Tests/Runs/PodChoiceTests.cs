using Microsoft.AspNetCore.Http;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Tests.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Runs;

public sealed class PodChoiceTests
{
    private const string Prometheus = """ "spec":{"containers":[{"name":"prom","image":"x/prometheus:v3"}]}""";
    private const string Other = """ "spec":{"containers":[{"name":"web","image":"nginx"}]}""";
    private const string Running = "Running";

    private static readonly PodChoice Any = new() { Parallel = 2 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_name_the_one_pod_that_runs_Prometheus_is_meant()
    {
        ChosenPods chosen = await FindAsync(Any, Pod("web-0", Running, Other), Pod("prom-0", Running, Prometheus));

        Assert.Equal([new PodPlace("oso", "prom-0")], chosen.Pods);
        Assert.Empty(chosen.Skipped);
    }

    [Fact]
    public async Task Of_several_none_is_taken_and_all_are_named()
    {
        OperatorException told = await RefusedAsync(
            Any, Pod("prom-0", Running, Prometheus), Pod("prom-1", Running, Prometheus));

        Assert.Equal("Several pods -n oso run Prometheus: prom-0, prom-1.", told.Message);
        Assert.Equal("name one of them, or give --all-pods", told.Remedy);
    }

    [Fact]
    public async Task All_that_run_are_taken_if_that_is_wanted_and_the_others_are_told()
    {
        ChosenPods chosen = await FindAsync(
            Any with { IsAll = true },
            Pod("prom-0", Running, Prometheus),
            Pod("prom-1", "Pending", Prometheus),
            Pod("web-0", Running, Other),
            Pod("prom-2", Running, Prometheus));

        Assert.Equal(["prom-0", "prom-2"], chosen.Pods.Select(pod => pod.Name));
        Assert.Equal(["prom-1 (Pending)"], chosen.Skipped);
    }

    [Fact]
    public async Task The_pod_of_a_drill_is_never_meant()
    {
        string drill = Pod("oso-drill-1", Running, Prometheus).Replace(
            "\"namespace\"", "\"labels\":{\"app.kubernetes.io/name\":\"oso-snapshot-drill\"},\"namespace\"", StringComparison.Ordinal);

        ChosenPods chosen = await FindAsync(Any with { IsAll = true }, drill, Pod("prom-0", Running, Prometheus));

        Assert.Equal(["prom-0"], chosen.Pods.Select(pod => pod.Name));
        Assert.Contains("oso-snapshot-drill", drill, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_choose_pods_whatever_runs_in_them()
    {
        await using ApiServer server = await ServerAsync(Pod("web-0", Running, Other));

        ChosenPods chosen = await FindAsync(server, Any with { Selector = "app=web" });

        Assert.Equal(["web-0"], chosen.Pods.Select(pod => pod.Name));
        Assert.Contains("labelSelector=app%3Dweb", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_all_namespaces_each_pod_keeps_its_own()
    {
        await using ApiServer server = await ServerAsync(
            Pod("prom-0", Running, Prometheus, "a"), Pod("prom-0", Running, Prometheus, "b"));

        ChosenPods chosen = await FindAsync(server, Any with { IsAllNamespaces = true });

        Assert.Equal([new PodPlace("a", "prom-0"), new("b", "prom-0")], chosen.Pods);
        Assert.StartsWith("GET /api/v1/pods?", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "No pod -n oso runs Prometheus.")]
    [InlineData("app=x", "No pod matches 'app=x' -n oso.")]
    public async Task No_pod_is_a_wrong_command_line(string? selector, string problem)
    {
        OperatorException told = await RefusedAsync(Any with { Selector = selector });

        Assert.Equal((ExitStatus.Settings, problem), (told.Status, told.Message));
    }

    [Fact]
    public async Task Pods_that_do_not_run_are_named()
    {
        OperatorException told = await RefusedAsync(Any, Pod("prom-0", "Failed", Prometheus));

        Assert.Equal("No pod is running: prom-0 (Failed).", told.Message);
    }

    [Theory]
    [InlineData("prom-0")]
    [InlineData("pod/prom-0")]
    public async Task A_named_pod_is_not_looked_for(string name)
    {
        await using ApiServer server = await ServerAsync();

        ChosenPods chosen = await FindAsync(server, Any with { Named = name });

        Assert.Equal([new PodPlace("oso", "prom-0")], chosen.Pods);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Without_a_namespace_it_is_that_of_the_kubeconfig_also_through_a_link()
    {
        await using ApiServer server = await ServerAsync();
        string config = Path.Combine(server.Folder, "config");
        await File.WriteAllTextAsync(
            config, "contexts: [{name: one, context: {cluster: c, user: u, namespace: linked}}]\ncurrent-context: one\n", Token);
        File.CreateSymbolicLink(config + ".link", config);
        await using KubernetesCluster cluster = KubernetesCluster.Create(
            server.Options with { Flags = ["--kubeconfig", config + ".link"] });

        ChosenPods chosen = await (Any with { Named = "prom-0" }).FindAsync(cluster, string.Empty, Token);

        Assert.Equal([new PodPlace("linked", "prom-0")], chosen.Pods);
    }

    private static async Task<ChosenPods> FindAsync(PodChoice choice, params string[] pods)
    {
        await using ApiServer server = await ServerAsync(pods);
        return await FindAsync(server, choice);
    }

    private static async Task<ChosenPods> FindAsync(ApiServer server, PodChoice choice)
    {
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        return await choice.FindAsync(cluster, " -n oso", Token);
    }

    private static async Task<OperatorException> RefusedAsync(PodChoice choice, params string[] pods) =>
        await Assert.ThrowsAsync<OperatorException>(() => FindAsync(choice, pods));

    private static Task<ApiServer> ServerAsync(params string[] pods) => ApiServer.StartAsync(
        (HttpContext context) => ApiServer.AnswerAsync(context, 200, $$"""{"metadata":{},"items":[{{string.Join(',', pods)}}]}"""));

    private static string Pod(string name, string phase, string spec, string space = "oso") =>
        $$$"""{"metadata":{"name":"{{{name}}}","namespace":"{{{space}}}"},{{{spec}}},"status":{"phase":"{{{phase}}}"}}""";
}
