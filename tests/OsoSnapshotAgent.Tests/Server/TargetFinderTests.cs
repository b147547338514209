using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class TargetFinderTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeProc _proc;

    public TargetFinderTests() => _proc = new(_directory);

    [Fact]
    public void Takes_PID_1_that_is_Prometheus()
    {
        _proc.Add(1, "prometheus", ["/bin/prometheus", "--storage.tsdb.path=/data"]);
        _proc.Add(30, "prometheus", ["/bin/prometheus", "--storage.tsdb.path=/other"]);
        string data = _proc.MakeData(1, "/data");

        TargetContainer found = Find();

        Assert.Equal(1, found.Prometheus?.Pid);
        Assert.Equal(data, found.Data.PathSeenByAgent);
        Assert.Equal($"{_proc.Root}/1/root", found.Root.PathSeenByAgent);
    }

    [Fact]
    public void Takes_the_child_of_a_wrapper_shell()
    {
        _proc.Add(1, "sh", ["sh", "-c", "/bin/prometheus --storage.tsdb.path=/data"]);
        _proc.Add(7, "prometheus", ["/bin/prometheus", "--storage.tsdb.path=/data"], parent: 1);
        string data = _proc.MakeData(7, "/data");

        TargetContainer found = Find();

        Assert.Equal((7, data), (found.Prometheus?.Pid, found.Data.PathSeenByAgent));
    }

    [Fact]
    public void Takes_the_child_of_a_wrapper_that_has_Prometheus_own_flags()
    {
        // tini and entry-point scripts have Prometheus' arguments too, but not its CPU and start times.
        _proc.Add(1, "tini", ["/sbin/tini", "--", "/bin/prometheus", "--storage.tsdb.path=/data"]);
        _proc.Add(7, "prometheus", ["/bin/prometheus", "--storage.tsdb.path=/data"], parent: 1);
        _proc.MakeData(1, "/data");
        _proc.MakeData(7, "/data");

        Assert.Equal(7, Find().Prometheus?.Pid);
    }

    [Fact]
    public void Finds_one_Prometheus_anywhere_in_a_shared_PID_namespace()
    {
        _proc.Add(1, "pause", ["/pause"]);
        _proc.Add(12, "prometheus-conf", ["/bin/prometheus-config-reloader"]);
        _proc.Add(21, "prometheus", ["/usr/bin/prometheus", "--storage.tsdb.path", "/prometheus"]);
        string data = _proc.MakeData(21, "/prometheus");

        Assert.Equal(data, Find().Data.PathSeenByAgent);
    }

    [Fact]
    public void Finds_a_Prometheus_of_another_program_name_by_its_flags()
    {
        _proc.Add(9, "ld-linux-x86-64", ["/lib/ld-linux.so.2", "/opt/prom", "--storage.tsdb.path=/d"]);
        _proc.MakeData(9, "/d");

        Assert.Equal(9, Find().Prometheus?.Pid);
    }

    [Fact]
    public void Agent_mode_is_told_before_its_data_directory_is_looked_for()
    {
        _proc.Add(1, "prometheus", ["prometheus", "--agent"]);

        Expect.Failure(() => Find(), ExitStatus.PrometheusRefused, "This Prometheus (PID 1) runs in agent mode", "remote_write");
    }

    [Fact]
    public void A_data_directory_that_no_Prometheus_here_uses_is_refused()
    {
        _proc.Add(11, "prometheus", ["prometheus", "--storage.tsdb.path=/a/snapshots/live"]);
        string live = _proc.MakeData(11, "/a/snapshots/live");
        string data = _proc.MakeData(11, "/a");

        Expect.Failure(
            () => Find(data),
            ExitStatus.TargetUnreachable,
            $"{data} is not the data directory of the Prometheus that runs here: PID 11 writes to /a/snapshots/live. Nothing was touched.",
            "Check OSO_SNAPSHOT_DATA_DIR");
        Assert.Equal(live, Find(live).Data.PathSeenByAgent);
    }

    [Fact]
    public void A_data_directory_is_proven_where_the_process_can_be_seen_and_only_there()
    {
        _proc.Add(1, "prometheus", ["prometheus", "--storage.tsdb.path=/a"]);
        string data = _proc.MakeData(1, "/a");
        Assert.True(Find().IsDataProven);
        Assert.True(Find(data).IsDataProven);

        _proc.Add(1, "pause", ["/pause"]);
        Assert.False(Find(data).IsDataProven);
    }

    [Fact]
    public void Names_all_when_several_run_and_none_is_PID_1()
    {
        _proc.Add(11, "prometheus", ["prometheus", "--storage.tsdb.path=/a"], identity: "1000:2000");
        _proc.Add(12, "prometheus", ["prometheus", "--storage.tsdb.path=/b"]);

        Expect.Failure(
            () => Find(), ExitStatus.TargetUnreachable,
            "Several Prometheus processes run in this PID namespace: PID 11 (1000:2000) with data in /a; PID 12 (65534:65534) with data in /b.",
            "OSO_SNAPSHOT_DATA_DIR=/proc/PID/root/DATA");
    }

    [Fact]
    public void A_data_directory_below_a_process_root_says_which_of_several_is_meant()
    {
        _proc.Add(11, "prometheus", ["prometheus", "--storage.tsdb.path=/a"]);
        _proc.Add(12, "prometheus", ["prometheus", "--storage.tsdb.path=/b", "--web.enable-admin-api"]);
        _proc.MakeData(11, "/a");
        string data = _proc.MakeData(12, "/b");

        TargetContainer found = Find(data);

        Assert.Equal(12, found.Prometheus?.Pid);
        Assert.True(found.CommandLine.AdminApiEnabled);
        Assert.Equal($"{_proc.Root}/12/root", found.Root.PathSeenByAgent);
    }

    [Fact]
    public void A_data_directory_seen_elsewhere_belongs_to_the_process_that_uses_it()
    {
        _proc.Add(11, "prometheus", ["prometheus", "--storage.tsdb.path=/a"]);
        _directory.Make("volume/wal");
        _directory.Link("proc/11/root", _directory.Root);
        _directory.Link("a", "volume");

        TargetContainer found = Find(_directory.PathOf("volume"));

        Assert.Equal(11, found.Prometheus?.Pid);
        Assert.Equal(_directory.PathOf("volume"), found.Data.PathSeenByAgent);
    }

    [Fact]
    public void Without_a_Prometheus_works_on_the_data_directory_that_is_given()
    {
        _directory.Make("volume/chunks_head");

        TargetContainer found = Find(_directory.PathOf("volume"));

        Assert.Null(found.Prometheus);
        Assert.Equal((string.Empty, _directory.PathOf("volume")), (found.Root.PathSeenByAgent, found.Data.PathSeenByAgent));
    }

    [Fact]
    public void Without_a_Prometheus_takes_the_documented_default()
    {
        _proc.Add(1, "pause", ["/pause"]);
        string data = _proc.MakeData(1, "/data");

        TargetContainer found = Find();

        Assert.Null(found.Prometheus);
        Assert.Equal(data, found.Data.PathSeenByAgent);
    }

    [Fact]
    public void Without_a_Prometheus_or_a_default_says_how_to_start()
    {
        _proc.Add(1, "pause", ["/pause"]);
        _proc.Add(5, "sleep", ["sleep", "9"]);
        _proc.MakeRoot(1);

        Expect.Failure(
            () => Find(), ExitStatus.TargetUnreachable,
            $"none of the 2 processes of this PID namespace is named prometheus, and {_proc.Root}/1/root/data does not exist", "kubectl debug POD --target=CONTAINER");
    }

    [Fact]
    public void Without_a_process_1_says_how_to_start()
    {
        _proc.Add(5, "sleep", ["sleep", "9"]);

        Expect.Failure(() => Find(), ExitStatus.TargetUnreachable, "none of the 1 processes of this PID namespace is named prometheus", "--target=CONTAINER");
    }

    [Fact]
    public void Where_the_path_that_a_process_names_cannot_be_looked_at_its_root_says_which_is_meant_and_nothing_is_proven()
    {
        _proc.Add(11, "prometheus", ["prometheus", "--storage.tsdb.path=/gone"]);
        _proc.Add(12, "prometheus", ["prometheus", "--storage.tsdb.path=/gone"]);
        string data = _proc.MakeData(12, "/b");

        TargetContainer found = Find(data);

        Assert.Equal((12, false), (found.Prometheus?.Pid, found.IsDataProven));
    }

    [Fact]
    public void A_data_directory_that_may_not_be_written_is_refused()
    {
        _proc.Add(1, "prometheus", ["prometheus", "--storage.tsdb.path=/data"]);
        string data = _proc.MakeData(1, "/data");
        SystemTool.Output("chmod", "-R", "go+rX,a-w", _directory.Root);

        OtherUser.Do(() => Expect.Failure(() => Find(), ExitStatus.TargetUnreachable, $"Cannot write to {data}: Permission denied.", "Give them the directory"));

        SystemTool.Output("chmod", "-R", "u+w", _directory.Root);
    }

    public void Dispose() => _directory.Dispose();

    private TargetContainer Find(string? dataDirectory = null) =>
        new TargetFinder(_proc.FileSystem, new TargetAccess(_proc.FileSystem), dataDirectory).Find();
}
