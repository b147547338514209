using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests the printed runbook, word by word, with both kubectls on a real terminal.</summary>
public sealed class RunbookOnApiServerTests
{
    private const string Ended = "Session ended, the ephemeral container will not be restarted";
    private const string Completed = "snapshot creation procedure completed";
    private const string Prompt = "then press Enter here";

    private static readonly string[] Start =
    [
        "-n", "oso", "debug", Cluster.Pod, "-it", "--image=" + Podman.Image, "--target=prom-svr",
        "--env", "OSO_PROMETHEUS_SERVICE_NAME=" + TargetContainer.Service, "--env", "CLUSTER_NAME_PREFIX=" + TargetContainer.Prefix,
    ];

    [Theory]
    [InlineData("1.32", true)]
    [InlineData("1.36", true)]
    [InlineData("1.36", false)]
    public async Task The_printed_commands_give_a_checked_copy_and_an_empty_volume(string kubectl, bool answersWatchList)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target) { Kubectl = kubectl };

        // kubectl cp --retries resumes only what claims success: the kubelet's bug, kubernetes#124571.
        JsonObject cuts = new() { ["command"] = "tar", ["cut_bytes"] = 300_000, ["cuts"] = 1, ["cut_success"] = true };
        cluster.Configure(new JsonObject { ["faults"] = cuts, ["watch_list"] = answersWatchList });
        using Pty terminal = new();
        using Process debug = cluster.StartKubectlOn(terminal, Start);
        await terminal.WaitForAsync(Prompt);
        string container = Assert.Single(cluster.Containers);

        string log = await ReadLogAsync(cluster, container);
        Assert.Contains("< HTTP/1.1 200 OK", log, StringComparison.Ordinal);
        Assert.Contains("read back and verified", log, StringComparison.Ordinal);
        await CopyAsync(cluster, container, "snapshots.tgz", "--retries=10");
        await CopyAsync(cluster, container, "snapshots.tgz.sha256");
        (await HostCommand.RunAsync(["sha256sum", "-c", "snapshots.tgz.sha256"], cluster.Folder)).Succeeded();
        (await HostCommand.RunAsync("cmp", target.Archive, Path.Combine(cluster.Folder, "snapshots.tgz"))).Succeeded();
        Assert.Contains(cluster.Exports, export => export.IsBroken);
        CommandResult status = await cluster.RunKubectlAsync("-n", "oso", "exec", Cluster.Pod, "-c", container, "--", "oso-snapshot", "status", "--json");
        Assert.Equal("hold-for-copy", (string?)JsonNode.Parse(status.Succeeded().Output)!["phase"]);

        await PressEnterInASecondClientAsync(cluster, container);
        await terminal.WaitForAsync(Ended);
        Assert.Contains(Completed, terminal.Screen, StringComparison.Ordinal);
        await debug.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, debug.ExitCode);

        using Pty other = new();
        using Process removal = cluster.StartKubectlOn(other, "-n", "oso", "debug", Cluster.Pod, "-it", "--image=" + Podman.Image, "--target=prom-svr", "--env", "REMOVE=yes");
        await removal.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Empty(target.Artefacts);
    }

    [Theory]
    [InlineData("1.32")]
    [InlineData("1.36")]
    public async Task What_kubectl_says_is_what_it_said_on_a_real_cluster(string kubectl)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target) { Kubectl = kubectl };
        await SaysAsync("exec", Cluster.Pod, "-c", "nope", "--", "true", "container nope is not valid for pod " + Cluster.Pod);
        await SaysAsync("debug", "nopod", "--image=x", "--target=prom-svr", "Error from server (NotFound): pods \"nopod\" not found");
        await SaysAsync(
            "debug", Cluster.Pod, "--image=x", "--target=nope",
            $"The Pod \"{Cluster.Pod}\" is invalid: spec.ephemeralContainers[0].targetContainerName: Not found: \"nope\"");
        (await cluster.RunKubectlAsync("debug", Cluster.Pod, "--image=none", "--target=prom-svr", "-c", "none")).Succeeded();
        await SaysAsync(
            "logs", Cluster.Pod, "-c", "none",
            $"Error from server (BadRequest): container \"none\" in pod \"{Cluster.Pod}\" is waiting to start: trying and failing to pull image");
        await SaysAsync("attach", Cluster.Pod, "-c", "none", $"unable to upgrade connection: container none not found in pod {Cluster.Pod}_oso");
        await SaysAsync("exec", Cluster.Pod, "-c", "prom-svr", "--", "sh", "-c", "exit 42", "command terminated with exit code 42");
        await SaysAsync("exec", Cluster.Pod, "-c", "prom-svr", "--", "frob", "exec: \"frob\": executable file not found in $PATH");
        CommandResult echo = await cluster.RunScriptAsync("printf 'one\\ntwo' | kubectl exec -i \"$POD\" -c prom-svr -- /bin/busybox sort -r");
        Assert.Equal("two\none\n", echo.Succeeded().Output);

        async Task SaysAsync(params string[] words)
        {
            CommandResult result = await cluster.RunKubectlAsync(words[..^1]);
            Assert.NotEqual(0, result.ExitStatus);
            Assert.Contains(words[^1], result.Error, StringComparison.Ordinal);
        }
    }

    private static async Task<string> ReadLogAsync(Cluster cluster, string container)
    {
        // The agent waits for the copy, so the log has no end yet.
        CommandResult log = await cluster.RunScriptAsync(
            "kubectl -n oso logs \"$POD\" -c \"$1\" -f >log & until grep -q '" + Prompt + "' log; do sleep 0.2; done; kill $!; cat log; rm log", container);
        return log.Succeeded().Output;
    }

    private static async Task CopyAsync(Cluster cluster, string container, string file, params string[] options) =>
        (await cluster.RunKubectlAsync(
            ["cp", $"oso/{Cluster.Pod}:/proc/1/root/data/{file}", "-c", container, file, .. options])).Succeeded();

    private static async Task PressEnterInASecondClientAsync(Cluster cluster, string container)
    {
        using Pty terminal = new();
        using Process attach = cluster.StartKubectlOn(terminal, "-n", "oso", "attach", "-it", Cluster.Pod, "-c", container);
        await terminal.WaitForAsync(Prompt);
        terminal.PressEnter();
        await terminal.WaitForAsync(Completed);
        await attach.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, attach.ExitCode);
    }
}
