using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Cluster;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Runs;

/// <summary>Tells results to files and to Debian's Pushgateway. The API server knows the pods "a" and "b" alone.</summary>
public sealed class MetricsReportTests : IDisposable
{
    // bcrypt of "pa:ss word".
    private const string Users = "basic_auth_users:\n  oso: $2b$04$sYWEQymdxbLvnxyzJdqu.us/Ml5aHFczwc2TAymfzTMmVb3xRXdgq\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-metrics-").FullName;
    private readonly StringWriter _warnings = new() { NewLine = "\n" };

    private string Path => System.IO.Path.Combine(_folder, "oso.prom");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _warnings.Dispose();
    }

    [Fact]
    public async Task What_is_pushed_is_scraped_with_its_labels_and_a_failure_keeps_what_is_known_of_the_last_copy()
    {
        using RealPushGateway gateway = await RealPushGateway.StartAsync();

        await TellAsync(new(null, gateway.Address, null), 1000, Result("a", 0), Result("b", 0));
        await TellAsync(new(null, gateway.Address, null), 2000, Result("a", 4));

        string[] scraped = await gateway.ScrapeAsync();
        Assert.Empty(_warnings.ToString());
        const string Labels = "{cluster=\"uid-1\",instance=\"\",job=\"oso_snapshot\",namespace=\"oso\",pod=\"a\"} ";
        Assert.Contains($"oso_snapshot_last_run_status{Labels}4", scraped);
        Assert.Contains($"oso_snapshot_last_run_timestamp_seconds{Labels}2000", scraped);
        Assert.Contains($"oso_snapshot_last_success_timestamp_seconds{Labels}1000", scraped);
        Assert.Contains($"oso_snapshot_last_success_bytes{Labels}42", scraped);
        Assert.Equal(6, scraped.Count(line => line.Contains("pod=\"b\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_metrics_of_a_deleted_pod_go_and_those_of_other_namespaces_and_clusters_stay()
    {
        using RealPushGateway gateway = await RealPushGateway.StartAsync();
        MetricsPlaces places = new(Path, gateway.Address, null);
        await TellAsync(places, 1000, Result("deleted", 0), Result("b", 0), Result("deleted", 0) with { Namespace = "other" });
        await TellAsync(places with { Cluster = "second" }, 1000, Result("deleted", 0));

        await TellAsync(places, 2000, Result("a", 0));

        Assert.Empty(_warnings.ToString());
        foreach (string[] lines in (string[][])[await File.ReadAllLinesAsync(Path, Token), await gateway.ScrapeAsync()])
        {
            Assert.Equal(
                [
                    new PodLabels("second", "oso", "deleted"), new("uid-1", "oso", "a"), new("uid-1", "oso", "b"),
                    new("uid-1", "other", "deleted"),
                ],
                lines.Select(MetricSample.TryParse).OfType<MetricSample>().Select(sample => sample.Labels).Distinct()
                    .OrderBy(labels => labels.Text, StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_password_of_the_address_opens_the_Pushgateway()
    {
        string config = System.IO.Path.Combine(_folder, "web.yaml");
        await File.WriteAllTextAsync(config, Users, Token);
        using RealPushGateway gateway = await RealPushGateway.StartAsync($"--web.config.file={config}");

        await TellAsync(new(null, At(gateway, "oso:pa%3Ass%20word"), null), 1000, Result("a", 0));
        Assert.Empty(_warnings.ToString());

        await TellAsync(new(null, At(gateway, "oso:secret"), null), 1000, Result("a", 0));
        Assert.Contains($"Pushgateway {gateway.Address}: POST ", _warnings.ToString(), StringComparison.Ordinal);
        Assert.Contains("401 it wants other credentials. The exit status stays.", _warnings.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", _warnings.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "Connection refused")]
    [InlineData(true, "no answer within")]
    public async Task A_Pushgateway_that_is_not_there_or_silent_is_one_warning_and_the_file_is_written(bool isSilent, string why)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Uri address = new($"http://oso:secret@{listener.LocalEndpoint}");
        if (!isSilent)
        {
            listener.Stop();
        }

        await TellAsync(new(Path, address, null) { PushLimit = TimeSpan.FromSeconds(1) }, 1000, Result("a", 0));

        Assert.StartsWith("⚠️ The metrics did not reach the Pushgateway http://127.0.0.1:", _warnings.ToString(), StringComparison.Ordinal);
        Assert.Contains(why, _warnings.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", _warnings.ToString(), StringComparison.Ordinal);
        Assert.Single(_warnings.ToString().TrimEnd().Split('\n'));
        Assert.NotEmpty(await File.ReadAllLinesAsync(Path, Token));
    }

    [Fact]
    public async Task Without_the_right_to_read_its_name_the_cluster_has_none()
    {
        await TellAsync(new(Path, null, null), 1000, [Result("a", 0)], mayReadCluster: false);

        Assert.Contains("oso_snapshot_last_run_status{namespace=\"oso\",pod=\"a\"} 0", await File.ReadAllLinesAsync(Path, Token));
    }

    private static Uri At(RealPushGateway gateway, string user) => new($"http://{user}@{gateway.Address.Authority}/");

    private static PodResult Result(string pod, int status) =>
        new(pod, status) { Namespace = "oso", Bytes = status == 0 ? 42 : null };

    private Task TellAsync(MetricsPlaces places, long seconds, params PodResult[] results) =>
        TellAsync(places, seconds, results, mayReadCluster: true);

    private async Task TellAsync(MetricsPlaces places, long seconds, PodResult[] results, bool mayReadCluster)
    {
        await using ApiServer server = await ApiServer.StartAsync(context => AnswerAsync(context, mayReadCluster));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        MetricsReport report = (await places.OpenAsync(cluster, Token))!;
        await report.TellAsync(results, DateTimeOffset.FromUnixTimeSeconds(seconds), _warnings);
    }

    private static Task AnswerAsync(HttpContext context, bool mayReadCluster) => (string?)context.Request.Path switch
    {
        "/api/v1/namespaces/kube-system" when mayReadCluster => ApiServer.AnswerAsync(context, 200, """{"metadata":{"name":"kube-system","uid":"uid-1"}}"""),
        "/api/v1/namespaces/kube-system" => ApiServer.AnswerAsync(
            context, 403, """{"kind":"Status","reason":"Forbidden","message":"no","code":403}"""),
        "/api/v1/namespaces/oso/pods/b" => ApiServer.AnswerAsync(
            context, 200, """{"metadata":{"name":"b","namespace":"oso"},"spec":{"containers":[{"name":"p"}]}}"""),
        _ => ApiServer.AnswerAsync(context, 404, """{"kind":"Status","reason":"NotFound","message":"none","code":404}"""),
    };
}
