using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Tests data directories of another Prometheus, or of an unknown one: nothing is deleted there.</summary>
public sealed class OtherDirectoryTests
{
    private const string Restored = "snapshots/20250820T165101Z-0eb533ff8d43ed64";

    public static TheoryData<string> Procedures => ["no", "yes"];

    [Theory]
    [MemberData(nameof(Procedures))]
    public async Task A_database_that_Prometheus_runs_on_below_snapshots_is_not_deleted(string remove)
    {
        PodOptions options = new() { StoragePath = "/data/" + Restored, Blocks = new BlockSet() };
        await using PrometheusPod pod = await PrometheusPod.StartAsync(options);
        await PlantWalAsync(pod, Path.Combine(pod.Root, "data"));
        string before = await DatabaseAsync(pod);

        AgentResult result = (await RunAsync(pod, remove, "/proc/1/root/data")).EndedWith(3);

        Assert.Contains("/proc/1/root/data is not the data directory of", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, await DatabaseAsync(pod));
        Assert.Equal(200, (await pod.GetAsync("-/healthy")).Status);
    }

    [Theory]
    [MemberData(nameof(Procedures))]
    public async Task Another_database_than_that_of_the_Prometheus_in_sight_is_left_alone(string remove)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        string other = await PlantDatabaseAsync(pod);
        string before = await Volume.ArtefactsAsync(other);

        AgentResult result = (await RunAsync(pod, remove, "/proc/1/root/other")).EndedWith(3);

        Assert.Contains("/proc/1/root/other is not the data directory of", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, await Volume.ArtefactsAsync(other));
    }

    [Fact]
    public async Task A_server_whose_flags_name_another_directory_is_refused_before_anything_is_deleted()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        await Volume.PlantArtefactsAsync(pod.DataDirectory);
        string before = await Volume.ArtefactsAsync(pod.DataDirectory);
        using Proxy proxy = await Proxy.StartAsync(pod, "flags", "/elsewhere");

        (await pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_URL", proxy.Url)))).EndedWith(9);

        Assert.Equal(before, await Volume.ArtefactsAsync(pod.DataDirectory));
    }

    [Fact]
    public async Task A_directory_that_took_the_place_of_the_data_directory_during_the_hold_is_left_alone()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        await using RunningAgent agent = await pod.StartHoldingAgentAsync();
        string other = await PlantDatabaseAsync(pod);
        string before = await Volume.ArtefactsAsync(other);
        await RootShell.RunAsync("mv $0 $0.moved; mv $1 $0", pod.DataDirectory, other);

        await agent.ExecAsync("release", "--remove");

        Assert.Equal(before, await Volume.ArtefactsAsync(pod.DataDirectory));
    }

    [Fact]
    public async Task With_no_process_in_sight_nothing_is_deleted_before_the_new_snapshot_has_appeared()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        string other = await PlantDatabaseAsync(pod);
        string before = await Volume.ArtefactsAsync(other);

        (await pod.RunAgentAsync(Unseen(("OSO_SNAPSHOT_DATA_DIR", other), Url(pod)))).EndedWith(9);

        Assert.Equal(before, await Volume.ArtefactsAsync(other));
    }

    [Fact]
    public async Task With_no_process_in_sight_earlier_snapshots_and_archives_are_still_replaced()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        await Volume.PlantArtefactsAsync(pod.DataDirectory);

        AgentResult result = await pod.RunAgentAsync(Unseen(("OSO_SNAPSHOT_DATA_DIR", pod.DataDirectory), Url(pod)));

        result.EndedWith(0);
        string snapshot = Assert.Single(Directory.GetDirectories(Path.Combine(pod.DataDirectory, "snapshots")));
        Assert.Contains($"Snapshot {Path.GetFileName(snapshot)} captured", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_no_process_in_sight_a_removal_needs_a_server_that_names_the_directory(bool hasUrl)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        await Volume.PlantArtefactsAsync(pod.DataDirectory);
        string before = await Volume.ArtefactsAsync(pod.DataDirectory);
        (string, string)[] url = hasUrl ? [Url(pod)] : [];
        AgentOptions options = Unseen([("REMOVE", "yes"), ("OSO_SNAPSHOT_DATA_DIR", pod.DataDirectory), .. url]);

        // The server's own path, /prometheus, does not exist in the agent's root.
        (await pod.RunAgentAsync(options)).EndedWith(3);

        Assert.Equal(before, await Volume.ArtefactsAsync(pod.DataDirectory));
    }

    [Fact]
    public async Task With_no_process_in_sight_a_directory_that_the_server_names_is_cleared()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { StoragePath = "/mnt/data" });
        await Volume.PlantArtefactsAsync(pod.DataDirectory);
        AgentOptions options = Unseen(("REMOVE", "yes"), ("OSO_SNAPSHOT_DATA_DIR", "/mnt/data"), Url(pod));

        // A sidecar's volume mount has the same path in both containers.
        string mounts = $"; mount -t tmpfs mnt /mnt; mkdir /mnt/data; mount --bind {pod.DataDirectory} /mnt/data";
        (await pod.RunAgentAsync(options with { Redirection = mounts })).EndedWith(0);

        Assert.Empty(await Volume.ArtefactsAsync(pod.DataDirectory));
    }

    private static Task<AgentResult> RunAsync(PrometheusPod pod, string remove, string directory) =>
        pod.RunAgentAsync(Given.Variables(("REMOVE", remove), ("OSO_SNAPSHOT_DATA_DIR", directory)));

    private static AgentOptions Unseen(params (string, string)[] variables) =>
        new() { JoinsPidNamespace = false, Environment = Given.Variables(variables) };

    // Files in a wal change all the time. The blocks and directories stay.
    private static Task<string> DatabaseAsync(PrometheusPod pod) =>
        RootShell.RunAsync("cd $0; find . -not -path './wal/*' -not -path './chunks_head/*' | sort", pod.DataDirectory);

    private static (string, string) Url(PrometheusPod pod) => ("OSO_SNAPSHOT_URL", pod.Options.BaseUrl.AbsoluteUri);

    private static Task<string> PlantWalAsync(PrometheusPod pod, string directory)
    {
        const string Plant = "mkdir -p $0/wal; touch $0/wal/00000000; chown -R --reference=$1 $0";
        return RootShell.RunAsync(Plant, directory, pod.DataDirectory);
    }

    private static async Task<string> PlantDatabaseAsync(PrometheusPod pod)
    {
        string other = Path.Combine(pod.Root, "other");
        await PlantWalAsync(pod, other);
        await Volume.PlantArtefactsAsync(other);
        return other;
    }
}
