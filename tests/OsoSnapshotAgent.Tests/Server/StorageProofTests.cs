using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class StorageProofTests : IDisposable
{
    private static readonly Uri Url = new("http://127.0.0.1:9090/");

    private readonly TempDirectory _directory = new();

    public StorageProofTests() => _directory.Make("root/data/wal");

    [Theory]
    [InlineData("/data")]
    [InlineData("/data/")]
    [InlineData("/link")]
    [InlineData("/other/../data")]
    public void The_path_that_the_server_names_is_the_data_directory(string path)
    {
        _directory.Link("root/link", "/data");
        _directory.Make("root/other");

        Assert.True(Compare(path, isOfAnotherProcess: true));
    }

    [Theory]
    [InlineData("/other")]
    [InlineData("/data/snapshots")]
    [InlineData("/none")]
    [InlineData("/data/file")]
    public void Another_directory_in_the_targets_root_is_another_Prometheus(string path)
    {
        _directory.Make("root/other");
        _directory.Make("root/data/snapshots");
        _directory.Write("root/data/file", "x");

        Expect.Failure(
            () => Compare(path, isOfAnotherProcess: true), ExitStatus.OtherPrometheus,
            $"The Prometheus at {Url} writes to {path}, which is not {_directory.PathOf("root/data")}. Nothing was touched.", "OSO_SNAPSHOT_URL");
    }

    [Fact]
    public void In_the_agents_own_root_only_the_same_directory_proves_anything()
    {
        Assert.True(Compare(_directory.PathOf("root/data"), isOfAnotherProcess: false));
        Assert.Null(Compare(_directory.PathOf("root"), isOfAnotherProcess: false));
        Assert.Null(Compare(_directory.PathOf("root/none"), isOfAnotherProcess: false));
    }

    [Fact]
    public void Without_a_path_nothing_is_told() => Assert.Null(Compare(path: null, isOfAnotherProcess: true));

    [Fact]
    public void A_relative_path_tells_something_only_where_the_process_can_be_seen()
    {
        _directory.Link("cwd", _directory.PathOf("root"));
        using TargetContainer seen = Target(isOfAnotherProcess: true, new FakeProc(_directory).FileSystem.Self());

        Assert.Null(Compare("data", isOfAnotherProcess: true));
        Assert.True(StorageProof.Compare(Server("data"), seen));
    }

    [Fact]
    public void Where_the_path_may_not_be_entered_nothing_is_told()
    {
        _directory.Make("root/locked/data");
        SystemTool.Output("chmod", "0755", _directory.Root, _directory.PathOf("root"));
        SystemTool.Output("chmod", "0000", _directory.PathOf("root/locked"));

        OtherUser.Do(() => Assert.Null(Compare("/locked/data", isOfAnotherProcess: true)));
        SystemTool.Output("chmod", "0700", _directory.PathOf("root/locked"));
    }

    [Theory]
    [InlineData("root/data", false, false)]
    [InlineData("root/data", true, false)]
    [InlineData("root/none", true, false)]
    [InlineData("root/none", false, true)]
    [InlineData(null, false, true)]
    public async Task Nothing_is_removed_before_it_is_known_whose_directory_it_is(string? path, bool isProven, bool isRefused)
    {
        string flags = path is null ? "{}" : $$"""{"storage.tsdb.path":"{{_directory.PathOf(path)}}"}""";
        using FakeServer server = new(request => request.Path switch
        {
            "/api/v1/status/buildinfo" => FakeServer.Answer(200, "OK", FakeServer.BuildInfo),
            "/api/v1/status/flags" => FakeServer.Answer(200, "OK", $$"""{"status":"success","data":{{flags}}}"""),
            _ => FakeServer.Answer(404, "Not Found", string.Empty),
        });
        using Agent agent = new(_directory, new AgentSettings { Url = server.Url }, target: Target(isOfAnotherProcess: false, isProven: isProven));

        async Task Require() => await agent.Get<StorageProof>().RequireAsync(agent.Target, TestContext.Current.CancellationToken);
        if (isRefused)
        {
            await Expect.FailureAsync(
                Require, ExitStatus.TargetUnreachable, $"Nothing shows that {_directory.PathOf("root/data")} is the data directory", "delete snapshots* by hand");
        }
        else
        {
            await Require();
        }

        Assert.Equal(isProven, server.Requests.Count == 0);
    }

    [Fact]
    public async Task Where_no_server_can_be_asked_nothing_is_removed()
    {
        using Agent agent = new(_directory, new AgentSettings(), target: Target(isOfAnotherProcess: false, isProven: false));

        await Expect.FailureAsync(
            () => agent.Get<StorageProof>().RequireAsync(agent.Target, TestContext.Current.CancellationToken),
            ExitStatus.TargetUnreachable,
            "is the data directory of a Prometheus that answers",
            "delete snapshots* by hand");
    }

    public void Dispose() => _directory.Dispose();

    private bool? Compare(string? path, bool isOfAnotherProcess)
    {
        using TargetContainer target = Target(isOfAnotherProcess);
        return StorageProof.Compare(Server(path), target);
    }

    private static PrometheusServer Server(string? path) => Agent.Server(Url) with
    {
        Flags = path is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["storage.tsdb.path"] = path },
    };

    private TargetContainer Target(bool isOfAnotherProcess, ProcessInfo? process = null, bool isProven = true) =>
        Agent.Beside(_directory.PathOf("root/data"), process, isOfAnotherProcess ? _directory.Root : null, isProven);
}
