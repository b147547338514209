using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests commands that can't work: the message says why and what to do, and no file is left.</summary>
public sealed class PluginRefusalTests
{
    [Theory]
    [InlineData(403, "pods \"P\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false", "A policy of the cluster or its namespace refuses this")]
    [InlineData(404, "the server could not find the requested resource", "they need Kubernetes 1.23 or later")]
    public async Task An_answer_of_the_cluster_is_explained(int code, string answer, string explanation)
    {
        CommandResult take = await RefusedAsync(RefusingDebug(code, code == 403 ? "Forbidden" : "NotFound", answer), "take", Cluster.Pod);

        Assert.Contains(explanation, take.Error, StringComparison.Ordinal);
        Assert.Contains(answer, take.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_kubectl_is_told()
    {
        using Cluster cluster = new();
        cluster.PlaceKubectl("""
            case $* in
              *version*) echo '{"clientVersion": {"major": "1", "minor": "22", "gitVersion": "v1.22.17"}}' ;;
              *) echo 'Error: unknown flag' >&2; exit 1 ;;
            esac
            """);

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod);

        Assert.Equal(1, take.ExitStatus);
        Assert.Contains("install kubectl 1.23 or later", take.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Requests);
        Assert.Equal(["kubectl"], cluster.Files);
    }

    [Fact]
    public async Task A_user_who_may_not_copy_is_refused_before_anything_is_made()
    {
        CommandResult take = await RefusedAsync(
            new JsonObject { ["denied"] = new JsonArray("patch pods/ephemeralcontainers") }, "take", Cluster.Pod);

        Assert.Contains("You may not 'patch' on pods/ephemeralcontainers", take.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_does_not_exist_is_told_instead_of_waiting_without_end()
    {
        CommandResult take = await RefusedAsync([], "take", Cluster.Pod, "--image", "registry/none:1");

        Assert.Contains("can't start, ImagePullBackOff: failed to pull and unpack image \"registry/none:1\"", take.Error, StringComparison.Ordinal);
        Assert.Matches("If container oso-snapshot-[-0-9]+ still starts, it touches nothing and ends by itself", take.Error);
    }

    [Theory]
    [InlineData("There is no pod nopod", "take", "nopod")]
    [InlineData("Pod oso-p-prom-svr-0 has no container 'nope'", "take", Cluster.Pod, "--target", "nope")]
    [InlineData("No pod matches 'app=other'", "take", "-l", "app=other")]
    [InlineData("Two pods are named", "take", "one", "two")]
    [InlineData("-o needs a value", "take", Cluster.Pod, "-o")]
    [InlineData("There is no option '--frob'", "take", Cluster.Pod, "--frob", "1")]
    public async Task A_wrong_command_line_is_told(string explanation, params string[] arguments)
    {
        CommandResult take = await RefusedAsync([], arguments);

        Assert.Equal(2, take.ExitStatus);
        Assert.Contains(explanation, take.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_selector_the_table_says_which_pod_failed()
    {
        CommandResult take = await RefusedAsync(RefusingDebug(500, "InternalError", "refused"), "take", "-l", "app=prometheus");

        Assert.Equal(1, take.ExitStatus);
        Assert.Contains($"[{Cluster.Pod}] ❌ Container ", take.Error, StringComparison.Ordinal);
        Assert.Contains(take.Lines, line => line.StartsWith(Cluster.Pod + " ", StringComparison.Ordinal) && line.Contains(" failed 1 ", StringComparison.Ordinal));
        Assert.StartsWith("1 pod in ", take.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_already_there_is_not_touched()
    {
        using Cluster cluster = new();
        await File.WriteAllTextAsync(cluster.Archive, "precious", TestContext.Current.CancellationToken);

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod);

        Assert.Equal(2, take.ExitStatus);
        Assert.Equal("precious", await File.ReadAllTextAsync(cluster.Archive, TestContext.Current.CancellationToken));
    }

    private static JsonObject RefusingDebug(int code, string reason, string message) =>
        new() { ["refusals"] = new JsonArray(Cluster.Refusal("PATCH ephemeralcontainers", code, reason, message)) };

    private static async Task<CommandResult> RefusedAsync(JsonObject settings, params string[] arguments)
    {
        using Cluster cluster = new();
        cluster.Configure(settings);

        CommandResult take = await cluster.RunAsync(arguments);

        Assert.NotEqual(0, take.ExitStatus);
        Assert.Empty(cluster.Files);
        return take;
    }
}
