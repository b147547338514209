using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Runs;

public sealed class MetricsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-metrics-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "oso.prom");

    private IEnumerable<string> Lines => File.ReadLines(Path).Where(line => line[0] != '#');

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_failed_run_keeps_what_is_known_of_the_last_copy()
    {
        await AddAsync(1000, Result("a", 0, 42), Result("b", 0, 7));
        await AddAsync(2000, Result("a", 4, null));

        Assert.Equal(
            [
                "oso_snapshot_last_run_status{cluster=\"c\",namespace=\"oso\",pod=\"a\"} 4",
                "oso_snapshot_last_run_status{cluster=\"c\",namespace=\"oso\",pod=\"b\"} 0",
                "oso_snapshot_last_run_timestamp_seconds{cluster=\"c\",namespace=\"oso\",pod=\"a\"} 2000",
                "oso_snapshot_last_run_timestamp_seconds{cluster=\"c\",namespace=\"oso\",pod=\"b\"} 1000",
                "oso_snapshot_last_success_timestamp_seconds{cluster=\"c\",namespace=\"oso\",pod=\"a\"} 1000",
                "oso_snapshot_last_success_timestamp_seconds{cluster=\"c\",namespace=\"oso\",pod=\"b\"} 1000",
                "oso_snapshot_last_success_bytes{cluster=\"c\",namespace=\"oso\",pod=\"a\"} 42",
                "oso_snapshot_last_success_bytes{cluster=\"c\",namespace=\"oso\",pod=\"b\"} 7",
                "oso_snapshot_last_success_damaged{cluster=\"c\",namespace=\"oso\",pod=\"a\"} 0",
                "oso_snapshot_last_success_damaged{cluster=\"c\",namespace=\"oso\",pod=\"b\"} 0",
                "oso_snapshot_last_success_leftovers{cluster=\"c\",namespace=\"oso\",pod=\"a\"} 0",
                "oso_snapshot_last_success_leftovers{cluster=\"c\",namespace=\"oso\",pod=\"b\"} 0",
            ],
            Lines);
        Assert.Equal([Path], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData(ExitStatus.DamagedBlocks, 0)]
    [InlineData(ExitStatus.NotTidiedUp, 1)]
    public async Task A_copy_with_status_10_or_11_counts_as_one_and_tells_what_is_wrong(ExitStatus status, int leftovers)
    {
        await AddAsync(1000, Result("a", (int)status, 42) with { HasDamagedBlocks = true });

        Assert.Equal(
            [$"{(int)status}", "1000", "1000", "42", "1", $"{leftovers}"], Lines.Select(line => line.Split(' ')[1]));
    }

    [Fact]
    public async Task The_lines_of_a_pod_that_is_gone_go_and_so_do_those_of_0_2_0_which_name_no_namespace()
    {
        await File.WriteAllTextAsync(
            Path, "oso_snapshot_last_run_status{pod=\"old\"} 0\n", TestContext.Current.CancellationToken);
        await AddAsync(1000, Result("gone", 0, 42), Result("b", 0, 7));

        await MetricsFile.AddAsync(
            Path, [], pods => Task.FromResult<IReadOnlySet<PodLabels>>(pods.Where(pod => pod.Pod == "gone").ToHashSet()));

        Assert.Equal(6, Lines.Count());
        Assert.All(Lines, line => Assert.Contains("pod=\"b\"", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_last_drill_stays_when_a_backup_is_told()
    {
        const string Drill = "oso_snapshot_last_drill_success_timestamp_seconds{namespace=\"oso\",pod=\"a\"} 5";
        await File.WriteAllTextAsync(Path, Drill + "\n", TestContext.Current.CancellationToken);

        await AddAsync(1000, Result("a", 0, 42));

        Assert.Contains(Drill, Lines);
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_it_and_a_name_with_quotes_comes_back()
    {
        PodLabels odd = new("a\"b\\c\nd,e=\"f\"", "oso", "p");
        await MetricsFile.AddAsync(
            Path, [.. PodMetrics.Of(Result("p", 0, 42), odd, DateTimeOffset.UnixEpoch)], NoneIsGone);

        CommandResult promtool = await HostCommand.RunAsync("sh", "-c", $"promtool check metrics <'{Path}' 2>&1");

        Assert.Equal((string.Empty, 0), (promtool.Output, promtool.ExitStatus));
        Assert.All(Lines, line => Assert.Equal(odd, MetricSample.TryParse(line)!.Labels));
    }

    [Fact]
    public async Task Other_users_may_read_it_as_the_umask_says()
    {
        await AddAsync(1000, Result("a", 0, 42));
        await File.WriteAllTextAsync(Path + ".by-umask", string.Empty, TestContext.Current.CancellationToken);

        using DirectoryHandle directory = DirectoryHandle.Open(_folder);
        Assert.Equal(directory.Find("oso.prom.by-umask")!.Permissions, directory.Find("oso.prom")!.Permissions);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".new")]
    public async Task A_planted_link_is_not_followed(string extension)
    {
        string secret = System.IO.Path.Combine(_folder, "secret");
        await File.WriteAllTextAsync(secret, "secret{} 1", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path + extension, secret);

        Exception? end = await Record.ExceptionAsync(() => AddAsync(1000, Result("a", 0, 42)));

        Assert.Equal("secret{} 1", await File.ReadAllTextAsync(secret, TestContext.Current.CancellationToken));
        Assert.Equal(extension.Length == 0, end is OperatorException);
    }

    private Task AddAsync(long seconds, params PodResult[] results) => MetricsFile.AddAsync(
        Path,
        [
            .. results.SelectMany(result => PodMetrics.Of(
                result, new("c", result.Namespace, result.Pod), DateTimeOffset.FromUnixTimeSeconds(seconds))),
        ],
        NoneIsGone);

    private static Task<IReadOnlySet<PodLabels>> NoneIsGone(IEnumerable<PodLabels> pods) =>
        Task.FromResult<IReadOnlySet<PodLabels>>(new HashSet<PodLabels>());

    private static PodResult Result(string pod, int status, long? bytes) =>
        new(pod, status) { Namespace = "oso", Bytes = bytes };
}
