using System.Text;
using Microsoft.AspNetCore.Http;
using OsoSnapshotAgent.Tests.Cli;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Cluster;

/// <summary>
/// Answers of a hostile cluster. Other tests don't run meanwhile, because the memory of the process is measured.
/// </summary>
[Collection(nameof(ConsoleTests))]
public sealed class HostileAnswerTests
{
    private const string Start = """{"metadata":{"name":"prom-0"},""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Start + """ "spec":{"containers":[""", """{"name":"a"},""")]
    [InlineData(Start + """ "spec":{"containers":[""", "{},")]
    [InlineData(Start + """ "spec":{"containers":[{"name":"a","args":[""", "\"\",")]
    [InlineData(Start + """ "status":{"containerStatuses":[""", """{"name":"a","state":{"waiting":{}}},""")]
    [InlineData("""{"metadata":{"name":"prom-0","labels":{""", """ "x":"y",""")]
    [InlineData("""{"metadata":{"name":"prom-0","managedFields":[""", "{},")]
    [InlineData("{\"metadata\":{\"name\":\"", "x")]
    [InlineData("""{"x":""", "[")]
    [InlineData("", " ")]
    public async Task An_answer_without_end_is_a_failure(string first, string repeated)
    {
        await using ApiServer server = await ApiServer.StartAsync(context => EndlessAsync(context, first, repeated));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException told = await AliveMemory.BoundedAsync(
            () => Assert.ThrowsAsync<ClusterException>(() => cluster.ReadPodAsync(ApiServer.Pod, Token)));

        Assert.Contains("longer than 4.0 MiB", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Start + """ "spec":{"containers":[""", "{},", "{}]}}", 1 << 20)]
    [InlineData(Start + """ "spec":{"containers":[""", """{"name":"a"},""", """{"name":"a"}]}}""", 300_000)]
    [InlineData("""{"metadata":{"name":"prom-0","labels":{""", """ "x":"y",""", """ "x":"y"}}}""", 500_000)]
    public async Task A_whole_answer_of_the_greatest_length_takes_little_memory(
        string first, string repeated, string last, int times)
    {
        string answer = first + string.Concat(Enumerable.Repeat(repeated, times)) + last;
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(context, 200, answer));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        await AliveMemory.BoundedAsync(() => Assert.ThrowsAsync<ClusterException>(() => cluster.ReadPodAsync(ApiServer.Pod, Token)));
    }

    [Fact]
    public async Task Pages_without_end_are_a_failure()
    {
        string page = $$$"""{"metadata":{"continue":"more"},"items":[{{{string.Join(',', Enumerable.Repeat("""{"metadata":{"name":"a"}}""", 2000))}}}]}""";
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(context, 200, page));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException told = await AliveMemory.BoundedAsync(
            () => Assert.ThrowsAsync<ClusterException>(() => cluster.ListPodsAsync(null, false, Token)));

        Assert.Equal("there are more than 10000 pods", told.Message);
    }

    [Theory]
    [InlineData("{\"kind\":\"Status\",\"reason\":\"x\",\"message\":\"", "\u001b[2J")]
    [InlineData("", "x")]
    [InlineData("{\"kind\":\"Status\",\"reason\":\"x\",\"details\":{\"causes\":[", "{},")]
    public async Task A_refusal_without_end_is_cut(string first, string repeated)
    {
        await using ApiServer server = await ApiServer.StartAsync(context =>
        {
            context.Response.StatusCode = 422;
            return EndlessAsync(context, first, repeated);
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException told = await AliveMemory.BoundedAsync(
            () => Assert.ThrowsAsync<ClusterException>(() => cluster.ReadPodAsync(ApiServer.Pod, Token)));

        Assert.Equal(422, told.Code);
        Assert.InRange(told.Message.Length, 1, 700);
        Assert.DoesNotContain(told.Message, char.IsControl);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"metadata\":null}")]
    [InlineData("{\"metadata\":{\"name\":\"other\"}}")]
    [InlineData("{\"metadata\":{\"name\":\"prom-0\",\"namespace\":\"../x\"}}")]
    [InlineData(Start + "\"status\":{\"containerStatuses\":[{\"name\":\"a\",\"state\":{\"terminated\":{\"finishedAt\":\"never\"}}}]}}")]
    [InlineData(Start + "\"spec\":{\"containers\":[null]}}")]
    [InlineData(Start + "\"spec\":{\"containers\":[{\"name\":\"../evil\"}]}}")]
    [InlineData(Start + "\"spec\":{\"containers\":[{\"name\":\"-f\"}]}}")]
    [InlineData(Start + "\"spec\":{\"ephemeralContainers\":[{\"name\":\"a b\"}]}}")]
    [InlineData(Start + "\"status\":{\"containerStatuses\":[{}]}}")]
    [InlineData(Start + "\"status\":{\"ephemeralContainerStatuses\":[{\"name\":\"\\u001b[2J\"}]}}")]
    [InlineData(Start + "\"status\":{\"containerStatuses\":[{\"name\":\"a\",\"state\":{\"terminated\":{\"exitCode\":1e99}}}]}}")]
    [InlineData(Start + "\"spec\":{\"containers\":[{\"name\":\"a\",\"ports\":[{\"containerPort\":\"x\"}]}]}}")]
    public async Task An_answer_that_is_no_such_pod_is_refused(string answer)
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(context, 200, answer));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException told = await Assert.ThrowsAsync<ClusterException>(() => cluster.ReadPodAsync(ApiServer.Pod, Token));

        Assert.Equal("Unreadable", told.Reason);
        Assert.DoesNotContain(told.Message, char.IsControl);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("-f")]
    [InlineData("\\u001b[2J")]
    public async Task A_list_with_a_name_that_Kubernetes_does_not_know_is_refused(string name)
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(
            context, 200, $$$"""{"metadata":{},"items":[{"metadata":{"name":"{{{name}}}"}}]}"""));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException told = await Assert.ThrowsAsync<ClusterException>(() => cluster.ListPodsAsync(null, false, Token));

        Assert.StartsWith("the answer is no such pod: '", told.Message, StringComparison.Ordinal);
    }

    private static async Task EndlessAsync(HttpContext context, string first, string repeated)
    {
        await context.Response.WriteAsync(first);
        byte[] many = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(repeated, 10_000)));
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(many);
        }
    }
}
