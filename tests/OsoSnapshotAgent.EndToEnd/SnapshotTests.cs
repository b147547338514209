using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests the main job on real servers. System programs and a second Prometheus judge the results.</summary>
public sealed class SnapshotTests : IDisposable
{
    private readonly string _restored = Directory.CreateTempSubdirectory("oso-restored-").FullName;

    public static TheoryData<string> Versions => PrometheusVersion.Numbers;

    public void Dispose() => Directory.Delete(_restored, recursive: true);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Without_any_variable_the_archive_is_right_and_restores_to_the_same_answers(string number)
    {
        var version = PrometheusVersion.Parse(number);
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Version = version, Blocks = new BlockSet(Count: 3), Flags = PodOptions.MergesNothing });
        DateTimeOffset inHead = TimeProvider.System.GetUtcNow();
        DateTimeOffset inBlock = inHead.AddHours(-5);
        string head = await pod.QueryAsync(PodOptions.HeadSeries, inHead);
        string block = await pod.QueryAsync("count({__name__!=\"\"})", inBlock);

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Contains($"Prometheus {number}.", result.Output, StringComparison.Ordinal);
        Assert.Contains("read back and verified", result.Output, StringComparison.Ordinal);
        Assert.StartsWith("done, verified: 4 blocks", result.TerminationMessage, StringComparison.Ordinal);
        await Judge.GzipAcceptsAsync(pod.Archive);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        IReadOnlyList<string> names = await Judge.TarNamesAsync(pod.Archive);
        Assert.Equal(names, names.Order(StringComparer.Ordinal));
        IReadOnlyList<string> entries = await Judge.PythonListingAsync(pod.Archive);
        Assert.All(entries, entry => Assert.Contains(" 1000:1000 ", entry, StringComparison.Ordinal));
        string snapshot = await Judge.RestoreAsync(pod.Archive, _restored);
        Assert.Equal(4, (await Judge.PromtoolBlocksAsync(version, snapshot)).Count);
        await using PrometheusPod second = await Judge.StartRestoredAsync(snapshot, version);
        Assert.NotEmpty(head);
        Assert.Equal(head, await second.QueryAsync(PodOptions.HeadSeries, inHead));
        Assert.NotEmpty(block);
        Assert.Equal(block, await second.QueryAsync("count({__name__!=\"\"})", inBlock));
    }

    [Fact]
    public async Task The_printed_runbook_works_on_the_layout_that_it_was_printed_for()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            User = "65534:65534",
            StoragePath = "/data",
            Port = 80,
            RoutePrefix = "/occne3-n2/prometheus",
            Blocks = new BlockSet(Count: 1),
        });

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(
            ("OSO_PROMETHEUS_SERVICE_NAME", "oso-p-prom-svr"), ("CLUSTER_NAME_PREFIX", "occne3-n2")))).EndedWith(0);

        string[] inOrder =
        [
            "Prometheus snapshot procedure started",
            "STEP 1: CHECKING FOR EXISTING SNAPSHOT ARCHIVES AND CLEANING UP IF NECESSARY",
            "total ",
            "STEP 2: CAPTURING SNAPSHOT OF CURRENT PROMETHEUS DB USING ADMINISTRATIVE API",
            "* Connected to oso-p-prom-svr (127.0.0.1) port 80\n",
            "\n> POST /occne3-n2/prometheus/api/v1/admin/tsdb/snapshot HTTP/1.1\n",
            "\n> Host: oso-p-prom-svr\n",
            "\n< HTTP/1.1 200 OK\n",
            "\n< Content-Type: application/json\n",
            "{\"status\":\"success\",\"data\":{\"name\":\"",
            "\n✅ ",
            "STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA",
            "\n✅ ",
            " snapshots.tgz\n",
            "The shell is not interactive",
            "Prometheus snapshot creation procedure completed",
        ];
        int position = 0;
        Assert.All(inOrder, text =>
        {
            int found = result.Output.IndexOf(text, position, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{text}' is missing or too early in:\n{result.Output}");
            position = found + 1;
        });
        Assert.Matches(@"drwx[rwxs-]{6} +\d+ nobody nobody +\S+ \w{3} [ \d]\d \d\d:\d\d wal\n", result.Output);
        Assert.Equal(result.Output, await File.ReadAllTextAsync(Path.Combine(pod.DataDirectory, "snapshots.log"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/prometheus")]
    [InlineData("")]
    public async Task Without_a_prefix_both_known_paths_are_tried(string routePrefix)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Port = 80, RoutePrefix = routePrefix });

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("OSO_PROMETHEUS_SERVICE_NAME", "oso-p-prom-svr")))).EndedWith(0);

        Assert.Contains($"> POST {routePrefix}/api/v1/admin/tsdb/snapshot HTTP/1.1", result.Output, StringComparison.Ordinal);
        Assert.Contains("> Host: oso-p-prom-svr\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FirstProcess.ShellWrapper)]
    [InlineData(FirstProcess.Sleeper)]
    public async Task Prometheus_is_found_where_it_is_not_process_1(object first)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { FirstProcess = (FirstProcess)first });

        (await pod.RunAgentAsync()).EndedWith(0);

        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task A_storage_path_relative_to_the_working_directory_is_found()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { StoragePath = "data", WorkingDirectory = "/work" });

        (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Equal(Path.Combine(pod.Root, "work/data/snapshots.tgz"), pod.Archive);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task The_variables_suffice_if_no_process_can_be_seen()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();

        AgentResult result = await pod.RunAgentAsync(new AgentOptions
        {
            JoinsPidNamespace = false,
            Environment = Given.Variables(("OSO_SNAPSHOT_DATA_DIR", pod.DataDirectory), ("OSO_SNAPSHOT_URL", "http://127.0.0.1:9090")),
        });

        Assert.Contains("no Prometheus process can be seen", result.EndedWith(0).Output, StringComparison.Ordinal);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task A_second_run_replaces_the_archive_and_appends_to_the_log()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        AgentResult first = (await pod.RunAgentAsync()).EndedWith(0);

        AgentResult second = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Contains("✅ Existing snapshots.tgz (", second.Output, StringComparison.Ordinal);
        Assert.Contains("✅ Existing directory snapshots (1 inside) found and deleted.", second.Output, StringComparison.Ordinal);
        string log = await File.ReadAllTextAsync(Path.Combine(pod.DataDirectory, "snapshots.log"), TestContext.Current.CancellationToken);
        Assert.Equal(first.Output + second.Output, log);
        Assert.Single(Directory.GetDirectories(Path.Combine(pod.DataDirectory, "snapshots")));
    }

    [Fact]
    public async Task A_time_range_takes_only_the_blocks_that_overlap_it()
    {
        // Right after an even hour, a block of these two hours would end within the last minute.
        BlockSet blocks = new(Count: 3) { Until = TimeProvider.System.GetUtcNow().AddHours(-2) };
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = blocks });

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_SINCE", "1m")))).EndedWith(0);

        Assert.Contains("  Blocks      1\n", result.Output, StringComparison.Ordinal);
        string snapshot = await Judge.RestoreAsync(pod.Archive, _restored);
        Assert.Single(Directory.GetDirectories(snapshot));
    }

    [Fact]
    public async Task The_head_can_be_left_out()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2) });

        AgentResult result = (await pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_SKIP_HEAD", "yes")))).EndedWith(0);

        Assert.Contains("?skip_head=true HTTP/1.1", result.Output, StringComparison.Ordinal);
        Assert.Contains("  Blocks      2\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task If_the_Service_leads_to_another_replica_the_local_Prometheus_is_used_instead()
    {
        await using PrometheusPod beside = await PrometheusPod.StartAsync();
        await using PrometheusPod other = await PrometheusPod.StartAsync(new PodOptions { NetworkOf = beside, Port = 9091, HostName = "oso-prom-1" });

        AgentResult result = (await beside.RunAgentAsync(Given.Variables(("OSO_PROMETHEUS_SERVICE_NAME", "127.0.0.1:9091")))).EndedWith(0);

        Assert.Contains("http://127.0.0.1:9091/ leads to another Prometheus", result.Output, StringComparison.Ordinal);
        Assert.Contains("> Host: 127.0.0.1:9090\n", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(other.DataDirectory, "snapshots")));
    }

    [Fact]
    public async Task If_a_name_leads_to_two_servers_by_turns_only_the_local_one_makes_snapshots()
    {
        await using PrometheusPod beside = await PrometheusPod.StartAsync();
        await using PrometheusPod other = await PrometheusPod.StartAsync(new PodOptions { NetworkOf = beside, Port = 9091, HostName = "oso-prom-1" });
        using Alternator service = await Alternator.StartAsync(beside, port: 9092, 9091, 9090);
        int local = 0;
        int met = 0;
        for (int run = 0; run < 6; run++)
        {
            AgentResult result = await beside.RunAgentAsync(Given.Variables(("OSO_PROMETHEUS_SERVICE_NAME", "127.0.0.1:9092")));

            Assert.True(result.ExitStatus is 0 or 9, result.Output);
            Assert.True(result.ExitStatus == 0 || result.Output.Contains("leads to another Prometheus", StringComparison.Ordinal), result.Output);
            local += result.ExitStatus == 0 ? 1 : 0;
            met += result.Output.Contains("127.0.0.1:9092/ leads to another Prometheus", StringComparison.Ordinal) ? 1 : 0;
            Assert.False(Directory.Exists(Path.Combine(other.DataDirectory, "snapshots")));
        }

        Assert.NotEqual(0, local);
        Assert.NotEqual(0, met);
        Assert.True(service.Connections >= 6, $"{service.Connections} connections");
    }

    [Fact]
    public async Task The_archive_in_the_report_is_the_one_on_the_volume()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(0);

        byte[] archive = await File.ReadAllBytesAsync(pod.Archive, TestContext.Current.CancellationToken);
        string sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(archive));
        Assert.Contains($"  SHA-256     {sum}\n", result.Output, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"  Archive     {archive.Length} bytes"), result.Output, StringComparison.Ordinal);
    }
}
