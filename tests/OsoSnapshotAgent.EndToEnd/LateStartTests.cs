using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests a container whose image was pulled only after its client had given up.</summary>
public sealed class LateStartTests
{
    private const string Limit = "2025-08-20T16:00:00Z";

    [Theory]
    [InlineData("no")]
    [InlineData("yes")]
    public async Task A_run_that_starts_after_its_client_has_given_up_touches_nothing(string remove)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });
        await LeaveArchiveAsync(pod);

        AgentResult result = (await pod.RunAgentAsync(
            Given.Variables(("REMOVE", remove), ("OSO_SNAPSHOT_START_BEFORE", Limit)))).EndedWith(2);

        Assert.Contains($"❌ The run was asked for until {Limit}, and it is 20", result.Output, StringComparison.Ordinal);
        Assert.Contains("   What to do: Start it again.", result.Output, StringComparison.Ordinal);
        Assert.StartsWith($"The run was asked for until {Limit}", result.TerminationMessage, StringComparison.Ordinal);
        Assert.Equal([pod.Archive], Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"));
    }

    [Fact]
    public async Task A_verb_that_kubectl_exec_starts_works_after_the_client_has_given_up()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        await LeaveArchiveAsync(pod);
        IReadOnlyDictionary<string, string> late = Given.Variables(("OSO_SNAPSHOT_START_BEFORE", Limit));

        Assert.Equal("earlier", (await pod.RunAgentAsync(late, "export")).EndedWith(0).Output);
        Assert.NotEmpty((await pod.RunAgentAsync(late, "export", "--stream")).EndedWith(0).Output);
    }

    private static async Task LeaveArchiveAsync(PrometheusPod pod) =>
        (await HostCommand.RunAsync(HostCommand.AsRoot("sh", "-c", $"printf earlier > {pod.Archive}"))).Succeeded();
}
