using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests the ways to the API server, and to commands in containers.</summary>
public sealed class ClientWayTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Behind_a_proxy_that_can_only_connect_kubectl_runs_the_commands(bool isVariable)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        using ConnectProxy proxy = new(cluster.Address);
        string more = ", \"insecure-skip-tls-verify\": true" + (isVariable ? string.Empty : $", \"proxy-url\": \"{proxy.Address}\"");
        cluster.Serve(new Uri($"https://{ConnectProxy.Host}"), more);
        RecordCalls(cluster);

        CommandResult take = await cluster.RunInShellAsync(
            $"{(isVariable ? "HTTPS_PROXY=" + proxy.Address : string.Empty)} NO_PROXY= no_proxy= \"$@\"", "take", Cluster.Pod, "--keep");

        take.Succeeded();
        Assert.InRange(proxy.Connects, 2, int.MaxValue);
        Assert.True(await UsesKubectlExecAsync(cluster));
        await IsTheArchiveAsync(cluster, target);
    }

    [Theory]
    [InlineData("kubectl", true)]
    [InlineData("websocket", false)]
    public async Task The_way_is_the_one_that_is_asked_for(string way, bool isKubectls)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        RecordCalls(cluster);

        (await cluster.RunAsync("take", Cluster.Pod, "--keep", "--exec", way)).Succeeded();

        Assert.Equal(isKubectls, await UsesKubectlExecAsync(cluster));
        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task Who_may_create_but_not_get_an_exec_takes_through_kubectl()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        JsonNode refusal = Cluster.Refusal("GET /exec", 403, "Forbidden", "pods \"P\" is forbidden: User cannot get resource \"pods/exec\"");
        refusal["times"] = 1;
        cluster.Configure(new JsonObject { ["refusals"] = new JsonArray(refusal), ["denied_reviews"] = new JsonArray("get pods/exec") });
        RecordCalls(cluster);

        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        Assert.True(await UsesKubectlExecAsync(cluster));
        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task A_server_that_knows_only_v4_serves_a_take()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["subprotocols"] = new JsonArray("v4.channel.k8s.io") });

        (await cluster.RunAsync("take", Cluster.Pod, "--keep", "--exec", "websocket")).Succeeded();

        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task Bytes_that_are_lost_though_the_end_claims_success_are_fetched_again()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["lost_after"] = 200_000 } });

        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        Assert.Equal([0, 200_000, 400_000], cluster.Exports.Take(3).Select(export => export.Offset));
        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_when_it_says()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["refusals"] = new JsonArray(Busy("GET /api/v1"), Busy("POST selfsubjectaccessreviews")) });

        (await cluster.RunAsync("take", Cluster.Pod, "--keep")).Succeeded();

        await IsTheArchiveAsync(cluster, target);
    }

    [Fact]
    public async Task An_answer_without_end_is_a_failure()
    {
        using Cluster cluster = new();
        cluster.Configure(new JsonObject { ["endless"] = "GET " + Cluster.Pod });

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod);

        Assert.Equal(1, take.ExitStatus);
        Assert.Contains("the answer is longer than 4.0 MiB", take.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Files);
    }

    private static JsonNode Busy(string on)
    {
        JsonNode busy = Cluster.Refusal(on, 429, "TooManyRequests", "too many requests");
        (busy["times"], busy["retryAfter"]) = (2, 1);
        return busy;
    }

    private static void RecordCalls(Cluster cluster) =>
        cluster.PlaceKubectl("echo \"$*\" >>calls\nexec \"$KUBECTL_BELOW\" \"$@\"");

    private static async Task<bool> UsesKubectlExecAsync(Cluster cluster) =>
        (await File.ReadAllLinesAsync(Path.Combine(cluster.Folder, "calls"), Token)).Any(
            call => call.StartsWith("exec -i ", StringComparison.Ordinal));

    private static async Task IsTheArchiveAsync(Cluster cluster, TargetContainer target) =>
        (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
}
