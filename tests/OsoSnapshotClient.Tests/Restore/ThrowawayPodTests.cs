using System.Collections.Concurrent;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Tests.Cluster;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Restore;

/// <summary>Tests the deletion of a drill's pod by an API server that is about to go.</summary>
public sealed class ThrowawayPodTests
{
    private const string NotFound = """{"kind":"Status","code":404,"reason":"NotFound","details":{"kind":"pods"}}""";

    [Fact]
    public async Task A_request_to_delete_the_pod_that_stays_unanswered_is_sent_again()
    {
        ConcurrentQueue<string> asked = [];
        await using ApiServer server = await ApiServer.StartAsync(async context =>
        {
            asked.Enqueue(context.Request.Method);
            bool isDeletion = context.Request.Method == "DELETE";
            if (isDeletion && asked.Count(method => method == "DELETE") == 1)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            await ApiServer.AnswerAsync(
                context, context.Request.Method == "GET" ? 404 : 200, context.Request.Method == "GET" ? NotFound : Recorded.PodWith(Recorded.Running));
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        StringWriter told = new();
        ThrowawayPod pod = new(cluster, Recorded.Access(new RecordedExec(), told)) { AnswerLimit = TimeSpan.FromSeconds(5) };
        await pod.CreateAsync([], TestContext.Current.CancellationToken);

        Assert.True(await pod.DeleteAsync(), told.ToString());

        Assert.Equal(["POST", "DELETE", "DELETE", "GET"], asked);
    }

    [Fact]
    public async Task A_signal_ends_the_wait_for_a_pod_that_nobody_confirms_and_the_pod_is_deleted()
    {
        ConcurrentQueue<string> asked = [];
        TaskCompletionSource arrived = new();
        await using ApiServer server = await ApiServer.StartAsync(async context =>
        {
            asked.Enqueue(context.Request.Method);
            if (context.Request.Method == "POST")
            {
                arrived.SetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            bool isGone = context.Request.Method == "GET";
            await ApiServer.AnswerAsync(context, isGone ? 404 : 200, isGone ? NotFound : Recorded.PodWith(Recorded.Running));
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        ThrowawayPod pod = new(cluster, Recorded.Access(new RecordedExec(), new StringWriter()))
        {
            AnswerLimit = TimeSpan.FromSeconds(5),
            SettleTime = TimeSpan.Zero,
        };
        using CancellationTokenSource signal = new();
        Task created = pod.CreateAsync([], signal.Token);
        await arrived.Task;

        await signal.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => created);
        Assert.True(await pod.DeleteAsync());
        Assert.Equal(["POST", "DELETE", "GET"], asked);
    }

    [Theory]
    [InlineData("--context c", " --context c -n oso")]
    [InlineData("--context c -n oso", " --context c -n oso")]
    public async Task What_to_do_about_a_pod_that_stays_names_the_cluster(string flags, string expected)
    {
        await using ApiServer server = await ApiServer.StartAsync(
            context => ApiServer.AnswerAsync(context, 200, Recorded.PodWith(Recorded.Running)));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        StringWriter told = new();
        PodAccess access = Recorded.Access(new RecordedExec(), told) with { Flags = new(flags.Split(' ')) };
        ThrowawayPod pod = new(cluster, access) { DeleteLimit = TimeSpan.FromSeconds(0.1) };
        await pod.CreateAsync([], TestContext.Current.CancellationToken);

        Assert.False(await pod.DeleteAsync());

        Assert.EndsWith($"kubectl delete pod {Recorded.Pod}{expected}\n", told.ToString(), StringComparison.Ordinal);
    }
}
