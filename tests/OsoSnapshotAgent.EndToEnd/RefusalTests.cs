using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests failures: each has its exit status, its reason and its remedy, and no data is lost.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task All_wrong_settings_are_named_at_once()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(
            ("REMOVE", "perhaps"), ("OSO_SNAPSHOT_HOLD", "soon"), ("OSO_SNAPSHOT_LEVEL", "12")))).EndedWith(2);

        Assert.Contains("REMOVE='perhaps': must be yes, no, true or false.", result.Output, StringComparison.Ordinal);
        Assert.Contains("OSO_SNAPSHOT_HOLD='soon': must be a duration", result.Output, StringComparison.Ordinal);
        Assert.Contains("OSO_SNAPSHOT_LEVEL='12': must be a number from 1 to 9.", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1000:2000")]
    [InlineData("2000:1000")]
    [InlineData("0:0")]
    public async Task Another_identity_can_not_get_in_and_is_told_who_is_who(string user)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });

        AgentResult result = (await pod.RunAgentAsync(new AgentOptions { User = user })).EndedWith(3);

        Assert.Contains($"Cannot enter /proc/1/root", result.Output, StringComparison.Ordinal);
        Assert.Contains($"The agent is {user} without SYS_PTRACE, Prometheus (PID 1) is 1000:1000.", result.Output, StringComparison.Ordinal);
        Assert.Contains("{\"securityContext\":{\"runAsUser\":1000,\"runAsGroup\":1000}}", result.Output, StringComparison.Ordinal);
        Assert.StartsWith("Cannot enter", result.TerminationMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_with_SYS_PTRACE_gets_in()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();

        (await pod.RunAgentAsync(new AgentOptions { User = "0:0", Capabilities = "+sys_ptrace,+dac_override" })).EndedWith(0);
    }

    [Fact]
    public async Task Beside_a_Prometheus_that_is_root_the_remedy_that_is_told_works()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { User = "0:0" });

        foreach (string user in (string[])["1000:1000", "0:0"])
        {
            AgentResult refused = (await pod.RunAgentAsync(new AgentOptions { User = user })).EndedWith(3);
            string identities = $"The agent is {user} without SYS_PTRACE, Prometheus (PID 1) is 0:0.";
            Assert.Contains(identities, refused.Output, StringComparison.Ordinal);
            Assert.Contains(
                "--profile=general --custom=FILE where FILE holds {\"securityContext\":{\"runAsUser\":0,\"runAsGroup\":0}}.",
                refused.Output,
                StringComparison.Ordinal);
        }

        (await pod.RunAgentAsync(new AgentOptions { User = "0:0", Capabilities = "+sys_ptrace" })).EndedWith(0);
    }

    [Fact]
    public async Task A_runtime_that_ignores_target_is_recognised()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });

        AgentResult result = (await pod.RunAgentAsync(new AgentOptions { JoinsPidNamespace = false })).EndedWith(3);

        Assert.Contains("PID 1 is this program itself", result.Output, StringComparison.Ordinal);
        Assert.Contains("--target=CONTAINER", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_without_Prometheus_is_recognised()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { FirstProcess = FirstProcess.SleeperAlone });

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(3);

        Assert.Contains("No Prometheus can be seen", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_listens_is_tried_again_visibly_and_then_given_up()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_URL", "http://127.0.0.1:9999")))).EndedWith(3);

        Assert.Contains("Connection refused", result.Output, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(2, 5), attempt => Assert.Contains($"attempt {attempt} of 6 follows in", result.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_the_admin_API_off_nothing_is_deleted()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { EnablesAdminApi = false });
        (await HostCommand.RunAsync(HostCommand.AsRoot("sh", "-c", $"printf earlier > {pod.Archive}"))).Succeeded();

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(4);

        Assert.Contains("The admin API", result.Output, StringComparison.Ordinal);
        Assert.Contains("--web.enable-admin-api", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("STEP 1", result.Output, StringComparison.Ordinal);
        Assert.Equal("earlier", await File.ReadAllTextAsync(pod.Archive, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_wrong_path_is_named_and_creates_nothing()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_URL", "http://127.0.0.1:9090/wrong")))).EndedWith(4);

        Assert.Contains("http://127.0.0.1:9090/wrong/api/v1/status/buildinfo answered 404 Not Found", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(pod.DataDirectory, "snapshots")));
    }

    [Fact]
    public async Task A_volume_without_room_is_left_as_it_was()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            VolumeBytes = 64 << 20,
            Blocks = new BlockSet(Count: 2, SizeBytes: 24 << 20),
        });
        string before = await ListAsync(pod);

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_SKIP_HEAD", "yes"), ("OSO_SNAPSHOT_RESERVE", "36MiB")))).EndedWith(5);

        Assert.Contains("Not enough room: about ", result.Output, StringComparison.Ordinal);
        Assert.Contains("oso-snapshot export --stream", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("STEP 1", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, await ListAsync(pod));
    }

    [Fact]
    public async Task Too_little_room_for_the_head_is_known_before_anything_is_touched()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { VolumeBytes = 64 << 20 });

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_RESERVE", "1MiB")))).EndedWith(5);

        Assert.Contains("OSO_SNAPSHOT_SKIP_HEAD=yes", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("STEP 1", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_database_is_no_success_and_leaves_no_archive()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(7);

        Assert.Contains("The snapshot holds no block", result.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(pod.Archive));
        Assert.False(Directory.Exists(Path.Combine(pod.DataDirectory, "snapshots")));
    }

    [Fact]
    public async Task Another_run_at_work_is_not_disturbed()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        string ready = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        using System.Diagnostics.Process lockHolder = HostCommand.Start(["flock", pod.DataDirectory, "sh", "-c", $"touch {ready}; cat"]);
        try
        {
            await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(ready)), () => "no lock");

            AgentResult result = (await pod.RunAgentAsync()).EndedWith(8);

            Assert.Contains("Another run is at work", result.Output, StringComparison.Ordinal);
            Assert.False(File.Exists(pod.Archive));
        }
        finally
        {
            lockHolder.StandardInput.Close();
            await lockHolder.WaitForExitAsync(TestContext.Current.CancellationToken);
            File.Delete(ready);
        }
    }

    [Fact]
    public async Task A_URL_that_leads_to_another_Prometheus_is_refused_before_a_snapshot_is_made_there()
    {
        await using PrometheusPod beside = await PrometheusPod.StartAsync();
        await using PrometheusPod other = await PrometheusPod.StartAsync(new PodOptions { NetworkOf = beside, Port = 9091, HostName = "oso-prom-1" });

        AgentResult result = (await beside.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_URL", "http://127.0.0.1:9091")))).EndedWith(9);

        Assert.Contains("leads to another Prometheus, not to the local one", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(other.DataDirectory, "snapshots")));
    }

    [Fact]
    public async Task A_snapshot_that_was_made_elsewhere_is_noticed()
    {
        await using PrometheusPod beside = await PrometheusPod.StartAsync();
        await using PrometheusPod other = await PrometheusPod.StartAsync(new PodOptions { NetworkOf = beside, Port = 9091, HostName = "oso-prom-1" });

        // If no process can be seen, the agent can't tell the two servers apart beforehand.
        AgentResult result = (await beside.RunAgentAsync(new AgentOptions
        {
            JoinsPidNamespace = false,
            Environment = Given.Variables(("OSO_SNAPSHOT_DATA_DIR", beside.DataDirectory), ("OSO_SNAPSHOT_URL", "http://127.0.0.1:9091")),
        })).EndedWith(9);

        string made = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(other.DataDirectory, "snapshots"))));
        Assert.Contains($"Prometheus has made the snapshot {made}, but not in {beside.DataDirectory}/snapshots", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_no_database_is_not_touched()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("REMOVE", "yes"), ("OSO_SNAPSHOT_DATA_DIR", "/proc/1/root/tmp")))).EndedWith(3);

        Assert.Contains("/proc/1/root/tmp is not the data directory of the Prometheus that runs here: PID 1 writes to /prometheus.", result.Output, StringComparison.Ordinal);
    }

    private static async Task<string> ListAsync(PrometheusPod pod) =>
        (await HostCommand.RunAsync(HostCommand.AsRoot("find", pod.DataDirectory, "-path", "*/snapshots*", "-not", "-name", "snapshots.log", "-not", "-name", "snapshots"))).Succeeded().Output;
}
