using System.Text.Json;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.Tests.House;
using OsoSnapshotClient.Runs;

namespace OsoSnapshotClient.Tests.Runs;

/// <summary>Judges the alerts and the dashboard of docker/kubernetes/ with each promtool.</summary>
public sealed partial class AlertTests
{
    private const string Rules = "docker/kubernetes/alerts.rules.yaml";

    public static TheoryData<string> Suites => ["bookworm", "trixie", "forky"];

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task Each_alert_fires_and_resolves_and_is_silent_on_a_fresh_start(string suite) =>
        (await PromtoolAsync(suite, "test", "rules", PathOf("tests/alerts.test.yaml"))).Succeeded();

    [Fact]
    public async Task Every_alert_is_tested_to_fire_and_on_a_fresh_start()
    {
        string tests = await ReadAsync("tests/alerts.test.yaml");
        string fresh = tests[tests.LastIndexOf("- name:", StringComparison.Ordinal)..];
        string[] alerts = [.. Alert().Matches(await ReadAsync(Rules)).Select(match => match.Groups[1].Value)];

        Assert.Equal(6, alerts.Length);
        Assert.All(alerts, alert =>
        {
            Assert.Matches($@"alertname: {alert}\n\s+eval_time: \w+\n\s+exp_alerts:\n", tests);
            Assert.Contains($"alertname: {alert}, eval_time: 6h, exp_alerts: []", fresh, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task The_rules_of_the_operator_are_those_of_the_plain_file()
    {
        string wrapped = await ReadAsync("docker/kubernetes/alerts.yaml");
        string plain = await ReadAsync(Rules);

        Assert.Equal(
            plain[plain.IndexOf("groups:", StringComparison.Ordinal)..].TrimEnd(),
            string.Join('\n', wrapped[wrapped.IndexOf("  groups:", StringComparison.Ordinal)..].TrimEnd().Split('\n')
                .Select(line => line.Length == 0 ? line : line[2..])));
    }

    [Fact]
    public async Task Each_alert_has_a_chapter_in_its_runbook()
    {
        string rules = await ReadAsync(Rules);
        string[] links = [.. Runbook().Matches(rules).Select(match => match.Groups[1].Value)];

        Assert.Equal(Alert().Count(rules), links.Length);
        Assert.All(links, link => Assert.Contains(link.Split('#')[1], Document.At(link.Split('#')[0]).Anchors));
    }

    [Theory]
    [InlineData(Rules)]
    [InlineData("docker/kubernetes/dashboard.json")]
    [InlineData("docker/kubernetes/ALERTS.md")]
    public async Task Only_metrics_that_the_client_writes_are_named(string path)
    {
        string[] named = [.. Metric().Matches(await ReadAsync(path)).Select(match => match.Value).Distinct()];

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(PodMetrics.Names));
    }

    [Fact]
    public async Task The_dashboard_asks_what_promtool_understands()
    {
        using JsonDocument dashboard = JsonDocument.Parse(await ReadAsync("docker/kubernetes/dashboard.json"));
        string[] queries =
        [
            .. from panel in dashboard.RootElement.GetProperty("panels").EnumerateArray()
               from target in panel.GetProperty("targets").EnumerateArray()
               select target.GetProperty("expr").GetString()!,
        ];
        Assert.Equal(PodMetrics.Names.Order(StringComparer.Ordinal), queries.Select(query => Metric().Match(query).Value).Order(StringComparer.Ordinal));

        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file,
            "groups: [{name: dashboard, rules: ["
            + string.Join(", ", queries.Select((query, number) => $"{{record: r{number}, expr: {JsonSerializer.Serialize(query)}}}")) + "]}]",
            TestContext.Current.CancellationToken);
        (await PromtoolAsync("bookworm", "check", "rules", file)).Succeeded();
        File.Delete(file);
    }

    private static Task<CommandResult> PromtoolAsync(string suite, params string[] words) => HostCommand.RunAsync(
        [Path.Combine(Cache.PathOf("OSO_PROMETHEUS_ROOTS", "prometheus"), suite, "usr", "bin", "promtool"), .. words]);

    private static string PathOf(string path) => Path.Combine(SourceFile.Repository, path);

    private static Task<string> ReadAsync(string path) =>
        File.ReadAllTextAsync(PathOf(path), TestContext.Current.CancellationToken);

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"runbook_url: https://github.com/OWNER/REPOSITORY/blob/main/(\S+)")]
    private static partial Regex Runbook();

    [GeneratedRegex(@"\boso_snapshot_last_\w+")]
    private static partial Regex Metric();
}
