using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests doctor, and what it finds by itself: pods and identities.</summary>
public sealed class ClientDoctorTests
{
    private static readonly string[] Inside = ["admin API", "data directory", "blocks", "room for take", "room for --stream and --into"];

    [Fact]
    public async Task Doctor_looks_from_outside_and_makes_nothing()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult doctor = (await cluster.RunAsync("doctor", Cluster.Pod)).Succeeded();

        Assert.Contains("Kubernetes v1.32.13", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("Prometheus is container prom-svr", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("65534:65534", doctor.Output, StringComparison.Ordinal);
        Assert.Equal(Inside.Length, doctor.Lines.Count(line => line.EndsWith("not looked at (--inside)", StringComparison.Ordinal)));
        Assert.Empty(cluster.Containers);
        Assert.All(
            cluster.Requests.Where(request => !request.StartsWith("GET ", StringComparison.Ordinal)),
            request => Assert.True(request.Contains("selfsubjectaccessreviews", StringComparison.Ordinal) || request.EndsWith("?dryRun=All", StringComparison.Ordinal), request));
    }

    [Fact]
    public async Task Doctor_inside_looks_at_volume_and_server_and_ends_its_container()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult doctor = (await cluster.RunAsync("doctor", "--inside", Cluster.Pod)).Succeeded();

        Assert.Contains("on, Prometheus 2.42.0", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("/data, owner 65534:65534", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("2 blocks, ", doctor.Output, StringComparison.Ordinal);
        Assert.Equal(2, doctor.Lines.Count(line => line.Contains(" needed, ", StringComparison.Ordinal)));
        Assert.Single(cluster.Containers);
        Assert.Empty(target.Artefacts);
        await cluster.StatusTellsAsync("terminated with status 0");
    }

    [Fact]
    public async Task Doctor_prints_its_lines_as_JSON_too_and_looks_with_the_settings_of_a_take()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult doctor = (await cluster.RunAsync("doctor", "--inside", Cluster.Pod, "-o", "json", "--skip-head")).Succeeded();

        JsonNode result = JsonNode.Parse(Assert.Single(doctor.Lines))!;
        Assert.Equal(0, (int?)result["status"]);
        JsonArray checks = Assert.IsType<JsonArray>(result["checks"]);
        Assert.Empty(Inside.Except(checks.Select(check => (string)check!["name"]!)));
        Assert.All(checks, check => Assert.True((string?)check!["verdict"] is "good" or "unknown", $"{check}"));
        Assert.StartsWith("1 B needed, ", (string?)checks[^1]!["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_forbids_a_take_is_the_status_of_doctor()
    {
        using Cluster cluster = new();
        cluster.Configure(new JsonObject { ["denied"] = new JsonArray("create pods/exec") });

        CommandResult doctor = await cluster.RunAsync("doctor", Cluster.Pod);

        Assert.Equal(1, doctor.ExitStatus);
        Assert.Contains("What to do: have someone grant you 'create' on pods/exec", doctor.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("take")]
    [InlineData("doctor", "--inside")]
    public async Task An_identity_that_the_pod_does_not_tell_is_found_with_a_second_container(params string[] verb)
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new TargetOptions { User = "1000:2000" });
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["hidden_identity"] = true });

        (await cluster.RunAsync([.. verb, Cluster.Pod])).Succeeded();

        Assert.Equal(2, cluster.Containers.Count);
        foreach (string container in cluster.Containers)
        {
            await Eventually.HoldsAsync(
                async () => !(await Podman.RunAsync("ps", "--format={{.Names}}")).Output.Contains(container, StringComparison.Ordinal),
                () => $"a running {container}");
        }
    }
}
