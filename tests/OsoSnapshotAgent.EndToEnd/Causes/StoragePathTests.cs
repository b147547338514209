using OsoSnapshotAgent.EndToEnd.Containers;

namespace OsoSnapshotAgent.EndToEnd.Causes;

/// <summary>Tests servers whose command line does not tell their data directory.</summary>
public sealed class StoragePathTests
{
    [Fact]
    public async Task Flags_in_a_file_are_asked_of_the_server() => await IsFoundAsync(new PodOptions
    {
        HasFlagsInFile = true, StoragePath = "/var/elsewhere", Blocks = new BlockSet(),
    });

    [Fact]
    public async Task The_default_path_of_another_build_is_asked_of_the_server() => await IsFoundAsync(new PodOptions
    {
        NamesStoragePath = false, StoragePath = "/var/lib/prometheus/metrics2", Blocks = new BlockSet(),
    });

    private static async Task IsFoundAsync(PodOptions options)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(options);

        AgentResult take = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Contains($"data directory /proc/1/root{options.StoragePath}", take.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(pod.Archive));
        (await pod.RunAgentAsync(new AgentOptions { Arguments = ["verify"] })).EndedWith(0);
        (await pod.RunAgentAsync(Given.Variables(("REMOVE", "yes")))).EndedWith(0);
        Assert.False(File.Exists(pod.Archive));
    }
}
