using System.Collections.Concurrent;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Runs;

public sealed class PodRunnerTests
{
    private static readonly PodChoice One = new() { Parallel = 2 };

    [Fact]
    public async Task A_file_that_fails_ends_the_work_on_a_pod_with_a_message()
    {
        (PodResult result, string said) = await FailAsync(new FileNotFoundException("gone\u001b[2J"));

        Assert.Equal(1, result.Status);
        Assert.Equal(
            "❌ A file here can't be read or written: gone [2J\n   What to do: remove the cause, then run the same command again\n",
            said);
    }

    [Fact]
    public async Task A_failure_is_told_with_its_remedy_and_kept_for_the_table()
    {
        (PodResult result, string said) = await FailAsync(new OperatorException(ExitStatus.NoRoom, "no room", "make some"));

        Assert.Equal("❌ no room\n   What to do: make some\n", said);
        Assert.Equal(((int)ExitStatus.NoRoom, "no room", "make some"), (result.Status, result.Problem, result.Remedy));
    }

    [Fact]
    public async Task A_refusal_of_the_cluster_is_explained()
    {
        (PodResult result, string said) = await FailAsync(
            new ClusterException(403, "Forbidden", "no").WithMissing(new("get", "pods")));

        Assert.Equal(1, result.Status);
        Assert.Contains("have someone grant you 'get' on pods", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_pods_failure_leaves_the_others_and_each_line_names_its_pod()
    {
        using StringWriter said = new();
        using EndSignal signal = new();
        List<string> labels = [];
        await using KubernetesCluster cluster = Nowhere();
        PodRunner runner = Runner(cluster, said, signal, labels);
        PodPlace[] pods = [new("oso", "a"), new("oso", "b"), new("oso", "c")];

        IReadOnlyList<PodResult> results = await runner.RunAsync(pods, One with { IsAll = true }, (_, access) =>
            access.Pod == "b" ? throw new IOException("x") : Task.FromResult(new PodResult(access.Pod, 0)));

        Assert.Equal([("a", 0), ("b", 1), ("c", 0)], results.Select(result => (result.Pod, result.Status)));
        Assert.Equal(["[a] ", "[b] ", "[c] "], labels.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task No_more_pods_than_asked_for_are_worked_on_at_a_time()
    {
        using StringWriter said = new();
        using EndSignal signal = new();
        await using KubernetesCluster cluster = Nowhere();
        int running = 0;
        ConcurrentBag<int> counts = [];

        await Runner(cluster, said, signal, []).RunAsync(
            [.. Enumerable.Range(0, 12).Select(number => new PodPlace("oso", $"p-{number}"))],
            One,
            async (_, access) =>
            {
                counts.Add(Interlocked.Increment(ref running));
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return new(access.Pod, 0);
            });

        Assert.InRange(counts.Max(), 1, One.Parallel);
    }

    private static async Task<(PodResult Result, string Said)> FailAsync(Exception failure)
    {
        using StringWriter said = new();
        using EndSignal signal = new();
        await using KubernetesCluster cluster = Nowhere();
        IReadOnlyList<PodResult> results = await Runner(cluster, said, signal, []).RunAsync(
            [new("oso", Recorded.Pod)], One, (_, _) => throw failure);
        return (Assert.Single(results), said.ToString());
    }

    private static PodRunner Runner(
        KubernetesCluster cluster, TextWriter said, EndSignal signal, List<string> labels)
    {
        PodAccess access = Recorded.Access(new RecordedExec(), said);
        return new(cluster, access.Flags, access.Start, signal, (_, label) =>
        {
            labels.Add(label);
            return access.Report;
        });
    }

    private static KubernetesCluster Nowhere() => KubernetesCluster.Create(
        new() { Kubectl = "no-kubectl", Flags = ["-n", "oso"], Variable = _ => null });
}
