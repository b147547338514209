using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests drills in the cluster: a throwaway pod proves that a backup can be restored, and goes.</summary>
public sealed class PodDrillTests
{
    private const string V2 = "registry/prometheus:v2.42.0";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drill_in_the_cluster_proves_a_backup_as_the_cron_job_does_and_no_pod_stays()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new()
        {
            ["pod_security"] = "restricted",
            ["denied"] = new JsonArray("list pods"),
            ["faults"] = new JsonObject { ["command"] = "nc 127.0.0.1", ["cut_bytes"] = 50_000, ["cuts"] = 2 },
        });
        (await cluster.RunAsync("take", Cluster.Pod, "--into", "B")).Succeeded();
        string[] job = Assert.Single(Manifest.Commands(
            await File.ReadAllLinesAsync(Repository.PathOf("docker/kubernetes/drill-in-pod.yaml"), Token)));
        LiveHistory history = LiveHistory.Generate(cluster, blocks: 1);
        await WithOldGapAsync(cluster, history);

        CommandResult[] drills = await Task.WhenAll(
            cluster.RunAsync([.. job.Select(Adapted), "--metrics-file", "m"]),
            cluster.RunAsync("drill", history.Path, "--prometheus-image", "registry/prometheus:v3.5.0", "--exec", "kubectl", "--work-dir", "work"));

        Assert.All(drills, drill => Assert.Contains("✅ Prometheus answers with all ", drill.Succeeded().Error, StringComparison.Ordinal));
        Assert.All(drills, drill => Assert.Contains("✅ The series of 50 metrics are counted as in the blocks", drill.Error, StringComparison.Ordinal));
        Assert.EndsWith("✅ The drill succeeded: 2 blocks\n", drills[0].Error, StringComparison.Ordinal);
        Assert.EndsWith("✅ The drill succeeded: 2 blocks\n", drills[1].Error, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Exports.Count(connection => connection.IsBroken && connection.Passed == 50_000));
        Assert.Empty(cluster.CreatedPods);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cluster.Folder, "work")));
        Assert.Matches(
            $"(?m)^oso_snapshot_last_drill_success_timestamp_seconds\\{{cluster=\"[^\"]+\",namespace=\"oso\",pod=\"{Cluster.Pod}\"\\}} [0-9]+$",
            await File.ReadAllTextAsync(Path.Combine(cluster.Folder, "m"), Token));

        static string Adapted(string word) => word switch
        {
            "s3://BUCKET/PREFIX" => "B",
            "--pod=NAMESPACE.POD" => $"--pod=oso.{Cluster.Pod}",
            "--like=POD" => $"--like={Cluster.Pod}",
            "--work-dir=/work" => "--work-dir=work",
            _ => word,
        };
    }

    [Fact]
    public async Task A_drill_that_a_signal_ends_deletes_its_pod_wherever_it_is()
    {
        await Podman.SkipWhereImpossibleAsync();
        await Task.WhenAll(
            InterruptedAsync("POST /api/v1/namespaces/oso/pods", new() { ["unschedulable"] = "0/3 nodes are available" }),
            InterruptedAsync("PATCH ", []),
            InterruptedAsync("command=receive", []));
    }

    [Fact]
    public async Task A_drill_of_a_damaged_backup_or_in_a_broken_pod_fails_and_no_pod_stays()
    {
        await Podman.SkipWhereImpossibleAsync();
        using Cluster cluster = new();
        LiveHistory history = LiveHistory.Generate(cluster, 1, name: "damaged");
        string segment = Directory.GetFiles(history.Path, "000001", SearchOption.AllDirectories).Single();
        byte[] bytes = await File.ReadAllBytesAsync(segment, Token);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, Token);

        await Task.WhenAll(
            FailsAsync(6, " is damaged: ", "w1", V2),
            FailsAsync(1, "Prometheus can't start in the drill's pod, ImagePullBackOff: ", "w2", "registry/none:v1"),
            FailsAsync(1, "Prometheus has ended in the drill's pod: status 1, Error promtool: error: ", "w3", V2, "--prometheus", "/bin/promtool"));

        Assert.Empty(cluster.CreatedPods);

        async Task FailsAsync(int status, string problem, string work, string image, params string[] more)
        {
            CommandResult drill = await cluster.RunAsync(
                ["drill", history.Path, "--work-dir", work, "--metrics-file", "m", "--prometheus-image", image, .. more]);

            Assert.True(drill.ExitStatus == status && drill.Error.Contains(problem, StringComparison.Ordinal), drill.Error);
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cluster.Folder, work)));
            Assert.False(File.Exists(Path.Combine(cluster.Folder, "m")));
        }
    }

    [Fact]
    public async Task What_the_cluster_refuses_is_told_with_its_words_and_what_to_do()
    {
        JsonObject quota = Refused("POST namespaces/oso/pods", 403, "pods \"x\" is forbidden: exceeded quota: compute");
        JsonObject noDeletion = Refused("DELETE pods", 500, "etcdserver: request timed out");
        noDeletion["unschedulable"] = "0/3 nodes are available: 3 Insufficient memory.";
        (JsonObject Settings, string[] Told)[] cases =
        [
            (new() { ["denied"] = new JsonArray("delete pods") }, ["You may not 'delete' on pods", "have someone grant you 'delete' on pods"]),
            (quota, ["The cluster refuses the drill's pod: pods \"x\" is forbidden: exceeded quota: compute", "quotas"]),
            (noDeletion, ["does not run after 8.0s: Unschedulable 0/3 nodes are available: 3 Insufficient memory.", "--timeout", "kubectl delete pod oso-drill-"]),
        ];

        await Task.WhenAll(cases.Select(async one =>
        {
            using Cluster cluster = new();
            cluster.Configure(one.Settings);
            LiveHistory history = LiveHistory.Generate(cluster, 1);

            CommandResult drill = await cluster.RunAsync("drill", history.Path, "--prometheus-image", V2, "--timeout", "8");

            Assert.True(drill.ExitStatus == 1, drill.Error);
            Assert.All(one.Told, told => Assert.Contains(told, drill.Error, StringComparison.Ordinal));
            Assert.Equal(one.Settings == noDeletion, cluster.CreatedPods.Count > 0);
            Assert.Equal(one.Settings == noDeletion, cluster.Requests.Any(request => request.StartsWith("DELETE ", StringComparison.Ordinal)));
        }));
    }

    // A block of weeks ago that begins without samples: no step of a query over all of the time meets one.
    private static async Task WithOldGapAsync(Cluster cluster, LiveHistory history)
    {
        LiveHistory old = LiveHistory.Generate(cluster, blocks: 1, age: TimeSpan.FromDays(40), name: "old", seed: 8);
        string block = Path.Combine(old.Path, Assert.Single(old.Blocks).Ulid);
        string meta = Path.Combine(block, "meta.json");
        JsonObject json = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(meta, Token))!;
        json["minTime"] = (long)json["minTime"]! - (long)TimeSpan.FromHours(1).TotalMilliseconds;
        await File.WriteAllTextAsync(meta, json.ToJsonString(), Token);
        Directory.Move(block, Path.Combine(history.Path, Path.GetFileName(block)));
    }

    private static async Task InterruptedAsync(string request, JsonObject settings)
    {
        using Cluster cluster = new();
        cluster.Configure(settings);
        LiveHistory history = LiveHistory.Generate(cluster, 1);
        using Process drill = cluster.Start("drill", history.Path, "--prometheus-image", V2, "--work-dir", "work");
        drill.StandardInput.Close();
        Task<string> output = drill.StandardOutput.ReadToEndAsync(Token);
        Task<string> error = drill.StandardError.ReadToEndAsync(Token);
        await Eventually.HoldsAsync(
            () => Task.FromResult(drill.HasExited || cluster.Requests.Any(one => one.Contains(request, StringComparison.Ordinal))),
            () => $"no request {request}");
        Assert.False(drill.HasExited);

        await HostCommand.RunAsync("kill", "-INT", "--", $"-{drill.Id}");
        await drill.WaitForExitAsync(Token).WaitAsync(Eventually.Deadline, Token);

        Assert.True(drill.ExitCode == 130, $"{await output}{await error}");
        Assert.Empty(cluster.CreatedPods);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cluster.Folder, "work")));
        await Eventually.HoldsAsync(() => Task.FromResult(!cluster.Processes.Any()), () => string.Join('\n', cluster.Processes));
    }

    private static JsonObject Refused(string on, int code, string message) => new()
    {
        ["refusals"] = new JsonArray(Cluster.Refusal(on, code, code == 403 ? "Forbidden" : "InternalError", message)),
    };
}
