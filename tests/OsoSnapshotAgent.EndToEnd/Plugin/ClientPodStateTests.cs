using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests pods in which no agent can start, and policies that refuse one: it is told at once.</summary>
public sealed class ClientPodStateTests
{
    private const string Second = "oso-p-prom-svr-1";

    [Theory]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    [InlineData("Pending")]
    public async Task A_named_pod_that_does_not_run_is_refused_at_once(string phase)
    {
        CommandResult take = await RefusedAsync(new JsonObject { ["phase"] = phase }, "take", Cluster.Pod);

        Assert.Equal(3, take.ExitStatus);
        Assert.Contains($"Pod {Cluster.Pod} is {phase}, not Running", take.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    [InlineData("Pending")]
    public async Task A_chosen_pod_that_does_not_run_is_left_out_and_counted(string phase)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        await using TargetContainer other = await TargetContainer.StartAsync();
        using Cluster cluster = new(target, other);
        cluster.Configure(new JsonObject { ["phase"] = new JsonObject { [Second] = phase } });

        CommandResult take = (await cluster.RunAsync("take", "-l", "app=prometheus")).Succeeded();

        Assert.Single(cluster.Containers);
        Assert.StartsWith("1 pod in ", take.Lines[^1], StringComparison.Ordinal);
        Assert.Contains($"{Second} ({phase})", take.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Prometheus_that_crashes_again_and_again_is_named()
    {
        JsonObject waiting = new() { ["waiting"] = new JsonObject { ["reason"] = "CrashLoopBackOff", ["message"] = "back-off 5m0s" } };

        CommandResult take = await RefusedAsync(new JsonObject { ["target_state"] = waiting }, "take", Cluster.Pod);

        Assert.Equal(3, take.ExitStatus);
        Assert.Contains("Container prom-svr isn't running (CrashLoopBackOff)", take.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_ends_of_Prometheus_the_newest_is_the_cause()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        await target.SignalAsync("STOP");
        using Process take = cluster.Start("take", Cluster.Pod);
        take.StandardInput.Close();
        Task<string> error = take.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await cluster.StatusTellsAsync("Phase");

        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        cluster.Configure(new JsonObject
        {
            ["target_state"] = Ended("OOMKilled", now),
            ["target_last_state"] = Ended("Error", now.AddMinutes(-3)),
        });
        (await Podman.RunAsync("kill", $"{target.Name}-{cluster.Containers[0]}")).Succeeded();

        await take.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains($"Container prom-svr of the pod ended at {now:yyyy-MM-ddTHH:mm:ssZ} (OOMKilled, status 137)", await error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restricted_namespace_lets_the_client_take()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["pod_security"] = "restricted" });

        (await cluster.RunAsync("take", Cluster.Pod)).Succeeded();
    }

    [Theory]
    [InlineData("take")]
    [InlineData("doctor")]
    public async Task What_a_restricted_namespace_refuses_is_told_with_its_policy(string verb)
    {
        CommandResult told = await RefusedAsync(
            new JsonObject { ["pod_security"] = "restricted" }, verb, Cluster.Pod, "--run-as", "0:0");

        Assert.Equal(1, told.ExitStatus);
        Assert.Contains("A policy of the cluster or its namespace refuses this: ", told.Error + told.Output, StringComparison.Ordinal);
        Assert.Contains("runAsNonRoot != true", told.Error + told.Output, StringComparison.Ordinal);
    }

    private static JsonObject Ended(string reason, DateTimeOffset at) => new()
    {
        ["terminated"] = new JsonObject { ["exitCode"] = 137, ["reason"] = reason, ["finishedAt"] = $"{at:yyyy-MM-ddTHH:mm:ssZ}" },
    };

    private static async Task<CommandResult> RefusedAsync(JsonObject settings, params string[] arguments)
    {
        using Cluster cluster = new();
        cluster.Configure(settings);

        CommandResult told = await cluster.RunAsync(arguments);

        Assert.NotEqual(0, told.ExitStatus);
        Assert.Empty(cluster.Containers);
        Assert.Empty(cluster.Files);
        return told;
    }
}
