using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OsoSnapshotAgent.Output;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Server;

/// <summary>Asks one Prometheus what it is, and has it make a snapshot.</summary>
internal sealed class PrometheusClient(
    ApiConnection http,
    ConnectionTrace trace,
    Transcript transcript,
    bool skipsHead) : IDisposable
{
    private const string SnapshotPath = "api/v1/admin/tsdb/snapshot";

    // Large servers have some 10,000 metrics, with names of some 50 letters.
    private const int MaxNamesBytes = 16 << 20;

    /// <exception cref="OperatorException">The server can't be reached, or has no Prometheus API at this
    /// URL.</exception>
    public async Task<PrometheusServer> ProbeAsync(Uri baseUrl, CancellationToken token)
    {
        BuildInfo build = await GetAsync(
            baseUrl,
            "api/v1/status/buildinfo",
            PrometheusJson.Default.ApiReplyBuildInfo,
            token);
        Dictionary<string, string> flags =
            await GetAsync(
                baseUrl,
                "api/v1/status/flags",
                PrometheusJson.Default.ApiReplyDictionaryStringString,
                token);
        return new() { BaseUrl = baseUrl, Version = build.Version ?? "unknown", Flags = flags };
    }

    /// <summary>Reads the loaded configuration, in YAML as Prometheus prints it.</summary>
    /// <exception cref="OperatorException">The configuration can't be read, or has more than 1 MiB.</exception>
    public async Task<string> ConfigurationAsync(Uri baseUrl, CancellationToken token)
    {
        JsonTypeInfo<ApiReply<ServerConfiguration>> type = PrometheusJson.Default.ApiReplyServerConfiguration;
        return (await GetAsync(baseUrl, "api/v1/status/config", type, token)).Yaml ?? string.Empty;
    }

    /// <returns>The time of the head's first in-order sample in Unix milliseconds; the largest number without
    /// one.</returns>
    public async Task<long> HeadStartAsync(Uri baseUrl, CancellationToken token)
    {
        TsdbStatus status =
            await GetAsync(baseUrl, "api/v1/status/tsdb", PrometheusJson.Default.ApiReplyTsdbStatus, token);
        HeadStats head = status.HeadStats
            ?? throw Refusals.NotPrometheus(baseUrl, "its TSDB status has no headStats");

        // A head without samples begins where the newest block ended when the server started: tsdb/head.go, Truncate.
        return head.NumSeries == 0 ? long.MaxValue : head.MinTime;
    }

    /// <returns>What the server says of its retention, such as <c>15d or 10GiB</c>.</returns>
    public async Task<string> RetentionAsync(Uri baseUrl, CancellationToken token) =>
        (await GetAsync(baseUrl, "api/v1/status/runtimeinfo", PrometheusJson.Default.ApiReplyRuntimeInfo, token))
            .StorageRetention ?? string.Empty;

    /// <summary>Asks for the names of the metrics that have samples in a range of Unix milliseconds.</summary>
    public async Task<IReadOnlySet<string>> MetricNamesAsync(Uri baseUrl, long from, long to, CancellationToken token)
    {
        string path = string.Create(
            CultureInfo.InvariantCulture,
            $"api/v1/label/__name__/values?start={from / 1000m}&end={to / 1000m}");
        return (await GetAsync(baseUrl, path, PrometheusJson.Default.ApiReplyListString, token, MaxNamesBytes))
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Asks whether the server has read its data and answers queries.</summary>
    public async Task<bool> IsReadyAsync(Uri baseUrl, CancellationToken token)
    {
        using HttpResponseMessage response =
            await http.SendAsync(HttpMethod.Get, new Uri(baseUrl, "-/ready"), token);
        return response.StatusCode == HttpStatusCode.OK;
    }

    /// <summary>
    /// Reads metrics without labels from <c>/metrics</c>. The result lacks those that Prometheus doesn't have.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, double>> MetricsAsync(
        Uri baseUrl,
        IReadOnlySet<string> names,
        CancellationToken token)
    {
        Dictionary<string, double> values = [];
        await ReadMetricsAsync(baseUrl, Keep, token);
        return values;

        bool Keep(string series, double value)
        {
            if (names.Contains(series))
            {
                values[series] = value;
            }

            return values.Count < names.Count;
        }
    }

    /// <summary>Adds up a metric over all its labels; null if the metric is missing.</summary>
    public async Task<double?> MetricSumAsync(Uri baseUrl, string name, CancellationToken token)
    {
        double? sum = null;
        await ReadMetricsAsync(baseUrl, Add, token);
        return sum;

        bool Add(string series, double value)
        {
            if (series == name || series.StartsWith(name + "{", StringComparison.Ordinal))
            {
                sum = (sum ?? 0) + value;
            }

            return true;
        }
    }

    /// <summary>
    /// Requests the snapshot and prints the exchange as <c>curl -v</c> does. This request alone is never repeated once
    /// it may have been sent.
    /// </summary>
    /// <exception cref="OperatorException">Prometheus refused or failed.</exception>
    public async Task<SnapshotName> SnapshotAsync(PrometheusServer server, CancellationToken token)
    {
        Uri url = new(server.BaseUrl, SnapshotPath + (skipsHead ? "?skip_head=true" : string.Empty));
        transcript.Line($"Request: POST {url}");
        using HttpResponseMessage response = await http.SendAsync(HttpMethod.Post, url, token);
        string body = await http.ReadAsync(response, url, token);
        transcript.Lines(ExchangeText.Lines(response, body, trace));
        ApiReply<SnapshotData>? reply = Parse(body, PrometheusJson.Default.ApiReplySnapshotData);
        if (response.StatusCode != HttpStatusCode.OK || reply?.Status != "success")
        {
            throw Refusals.Explain(response, url, reply?.Error ?? body, isPrometheusOwn: reply?.Status is not null);
        }

        return SnapshotName.TryParse(reply.Data?.Name, out SnapshotName? name)
            ? name
            : throw Refusals.NotPrometheus(
                url,
                $"'{reply.Data?.Name}' is not a name that Prometheus gives a snapshot",
                "the snapshot's name is not one that Prometheus gives");
    }

    public void Dispose() => http.Dispose();

    private async Task<T> GetAsync<T>(
        Uri baseUrl,
        string path,
        JsonTypeInfo<ApiReply<T>> type,
        CancellationToken token,
        int maxBytes = ApiConnection.MaxReplyBytes)
        where T : class
    {
        Uri url = new(baseUrl, path);
        using HttpResponseMessage response = await http.SendAsync(HttpMethod.Get, url, token);
        string body = await http.ReadAsync(response, url, token, maxBytes);
        ApiReply<T>? reply = Parse(body, type);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw Refusals.Explain(response, url, reply?.Error ?? body, isPrometheusOwn: reply?.Status is not null);
        }

        return reply?.Data ?? throw Refusals.NotPrometheus(url, "the answer is not that of Prometheus' API");
    }

    private async Task ReadMetricsAsync(Uri baseUrl, Func<string, double, bool> next, CancellationToken token)
    {
        using HttpResponseMessage response = await http.SendAsync(HttpMethod.Get, new Uri(baseUrl, "metrics"), token);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return;
        }

        await http.ReadAsFarAsPossibleAsync(response, (text, limit) => MetricsText.ReadAsync(text, next, limit), token);
    }

    private static ApiReply<T>? Parse<T>(string body, JsonTypeInfo<ApiReply<T>> type)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
