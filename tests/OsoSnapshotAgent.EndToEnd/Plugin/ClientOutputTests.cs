using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests that standard output carries only what was asked for.</summary>
public sealed class ClientOutputTests
{
    [Fact]
    public async Task The_archive_goes_to_standard_output_through_cuts_and_nothing_else_does()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["cut_bytes"] = 200_000, ["cuts"] = 3 } });

        CommandResult take = (await cluster.RunInShellAsync(
            "\"$@\" >copy.tgz", "take", Cluster.Pod, "-o", "-", "--keep")).Succeeded();

        (await HostCommand.RunAsync("cmp", target.Archive, Path.Combine(cluster.Folder, "copy.tgz"))).Succeeded();
        Assert.Contains("structure right", take.Error, StringComparison.Ordinal);
        Assert.Equal(["copy.tgz"], cluster.Files);
    }

    [Fact]
    public async Task Changed_bytes_on_standard_output_are_told_by_the_status_and_the_volume_is_tidied()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["flip_every"] = 100_000 } });

        CommandResult take = await cluster.RunInShellAsync("\"$@\" >copy.tgz", "take", Cluster.Pod, "-o", "-");

        Assert.Equal(6, take.ExitStatus);
        Assert.Contains("The copy is not the archive", take.Error, StringComparison.Ordinal);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task A_reader_of_standard_output_that_goes_away_ends_the_run_and_its_container()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult take = await cluster.RunInShellAsync(
            "{ \"$@\"; echo \"status $?\" >&2; } | head -c 1000", "take", Cluster.Pod, "-o", "-");

        Assert.Contains("The reader of standard output went away", take.Error, StringComparison.Ordinal);
        Assert.EndsWith("status 141\n", take.Error, StringComparison.Ordinal);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task A_second_attempt_leaves_out_a_pod_whose_archive_is_complete()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        string[] command = ["take", "-l", "app=prometheus", "-o", "night/", "--skip-existing"];
        (await cluster.RunAsync(command)).Succeeded();

        CommandResult again = (await cluster.RunAsync(command)).Succeeded();

        string archive = Path.Combine(cluster.Folder, $"night/{Cluster.Pod}-snapshots.tgz");
        Assert.Contains("is complete: left as it is", again.Error, StringComparison.Ordinal);
        Assert.Single(cluster.Containers);
        await RootShell.RunAsync("truncate -s -1 $0", archive);
        CommandResult damaged = await cluster.RunAsync(command);
        Assert.Equal(2, damaged.ExitStatus);
        Assert.Contains("is already there", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_no_exec_reaches_is_told_and_waited_for()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);
        cluster.Configure(new JsonObject
        {
            // kubectl tries POST for SPDY after GET for a WebSocket.
            ["refusals"] = new JsonArray(Cluster.Refusal("* exec", 500, "InternalError", "no route")),
        });
        using Process take = cluster.Start("take", Cluster.Pod);

        string? line;
        do
        {
            line = await take.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        }
        while (line is not null && !(line.Contains("The agent does not answer yet: ", StringComparison.Ordinal) && line.Contains("no route", StringComparison.Ordinal)));

        Assert.NotNull(line);
        cluster.Configure([]);
        await take.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);
        Assert.Equal(0, take.ExitCode);
    }

    [Fact]
    public async Task The_result_is_an_object_and_the_progress_is_one_a_line()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult take = (await cluster.RunAsync(
            "take", Cluster.Pod, "--output", "json", "--progress", "json")).Succeeded();

        JsonNode result = JsonNode.Parse(Assert.Single(take.Lines))!;
        Assert.Equal(0, (int)result["status"]!);
        Assert.Equal(new FileInfo(cluster.Archive).Length, (long)result["bytes"]!);
        JsonNode[] lines =
            [.. take.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
        Assert.Contains(lines, line => (string?)line["activity"] == "copying");
        Assert.All(lines, line => Assert.Equal(Cluster.Pod, (string?)line["pod"]));
    }

    [Fact]
    public async Task Quiet_says_nothing_of_a_success()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod, "-q")).Succeeded();

        Assert.Empty(take.Output + take.Error);
    }
}
