using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests the harness without the agent, because all other tests rely on it.</summary>
public sealed class HarnessTests
{
    public static TheoryData<string> Versions => PrometheusVersion.Numbers;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_pod_of_each_version_answers_and_makes_a_snapshot_through_its_admin_api(string number)
    {
        var version = PrometheusVersion.Parse(number);
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Version = version, Blocks = new BlockSet(Count: 2) });

        HttpAnswer build = await pod.GetAsync("api/v1/status/buildinfo");
        HttpAnswer answer = await pod.PostAsync("api/v1/admin/tsdb/snapshot");

        Assert.StartsWith(number + ".", build.Data.GetProperty("version").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, answer.Status);
        string snapshot = Path.Combine(pod.DataDirectory, "snapshots", answer.Data.GetProperty("name").GetString()!);
        IReadOnlyList<string> blocks = await Judge.PromtoolBlocksAsync(version, snapshot);
        Assert.Equal(3, blocks.Count); // two generated ones and the head's
    }

    [Fact]
    public async Task Prometheus_is_process_1_with_the_image_name_user_and_no_capability()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { User = "65534:65534", ScrapesItself = false });

        string commandLine = await File.ReadAllTextAsync($"/proc/{pod.FirstProcessId}/cmdline", TestContext.Current.CancellationToken);
        Assert.StartsWith("/bin/prometheus\0--config.file=", commandLine, StringComparison.Ordinal);
        Assert.Equal("65534\t65534\t65534\t65534", ProcessTable.StatusOf(pod.FirstProcessId, "Uid"));
        Assert.Equal("65534\t65534\t65534\t65534", ProcessTable.StatusOf(pod.FirstProcessId, "Gid"));
        Assert.Equal("0000000000000000", ProcessTable.StatusOf(pod.FirstProcessId, "CapEff"));
    }

    [Fact]
    public async Task A_pod_may_have_a_prefix_a_low_port_a_relative_data_directory_and_no_admin_api()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            Port = 80,
            RoutePrefix = "/occne3-n2/prometheus",
            StoragePath = "data",
            WorkingDirectory = "/srv/prometheus",
            EnablesAdminApi = false,
        });

        HttpAnswer answer = await pod.PostAsync("api/v1/admin/tsdb/snapshot");

        Assert.Equal(500, answer.Status);
        Assert.Contains("admin APIs disabled", answer.Body, StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(pod.Root, "srv/prometheus/data/wal")));
    }

    [Fact]
    public async Task A_shell_may_stand_before_Prometheus()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { FirstProcess = FirstProcess.ShellWrapper, ScrapesItself = false });

        Assert.Equal("sh", ProcessTable.NameOf(pod.FirstProcessId));
        Assert.NotNull(pod.FindProcess("prometheus"));
    }

    [Fact]
    public async Task A_sleeper_in_a_root_of_its_own_may_be_process_1()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { FirstProcess = FirstProcess.Sleeper, ScrapesItself = false });

        Assert.Equal("sleep", ProcessTable.NameOf(pod.FirstProcessId));
        Assert.NotNull(pod.FindProcess("prometheus"));
        Assert.False(File.Exists($"/proc/{pod.FirstProcessId}/root/bin/prometheus"));
    }

    [Fact]
    public async Task A_pod_may_hold_no_Prometheus()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { FirstProcess = FirstProcess.SleeperAlone });

        Assert.Null(pod.FindProcess("prometheus"));
        Assert.Equal(0, (await pod.GetAsync("-/ready")).Status);
    }

    [Fact]
    public async Task The_data_directory_may_be_a_small_volume()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { VolumeBytes = 64 << 20, Blocks = new BlockSet() });

        CommandResult size = await HostCommand.RunAsync(HostCommand.AsRoot("stat", "--file-system", "--format=%b %S", pod.DataDirectory));

        Assert.Equal($"{(64 << 20) / 4096} 4096", size.Succeeded().Lines[0]);
        Assert.NotEmpty(await pod.QueryAsync(PodOptions.HeadSeries));
    }

    [Fact]
    public async Task Two_pods_may_share_a_network()
    {
        await using PrometheusPod first = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });
        await using PrometheusPod second = await PrometheusPod.StartAsync(
            new PodOptions { ScrapesItself = false, NetworkOf = first, Port = 9091, HostName = "oso-prom-1" });

        Assert.NotEqual(first.FirstProcessId, second.FirstProcessId);
        Assert.Equal(200, (await first.GetAsync("http://localhost:9091/-/ready")).Status);
    }

    [Fact]
    public async Task Nothing_of_a_pod_is_left_behind()
    {
        PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });
        int pid = pod.FirstProcessId;
        string root = pod.Root;

        await pod.DisposeAsync();

        Assert.Null(ProcessTable.NameOf(pid));
        Assert.False(Directory.Exists(root));
    }
}
