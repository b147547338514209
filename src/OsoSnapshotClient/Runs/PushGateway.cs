using System.Net;
using System.Net.Http.Headers;
using System.Text;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Runs;

/// <summary>
/// A Pushgateway of Prometheus. Each pod is a group of its own there, so that a run replaces only metrics of its pod,
/// and only those that it sends.
/// </summary>
internal sealed class PushGateway : IDisposable
{
    /// <summary>The rule of an address, after "must be".</summary>
    public const string Rule = "a URL such as http://pushgateway.monitoring:9091";

    private const string Job = "oso_snapshot";
    private const int MaxLines = 500_000;
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    /// <param name="url">May have a user and a password, which no message shows.</param>
    public PushGateway(Uri url)
    {
        Address = new UriBuilder(url) { UserName = string.Empty, Password = string.Empty }.Uri;
        if (url.UserInfo.Length > 0)
        {
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo))));
        }
    }

    /// <summary>For everything together.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>The address without a user and a password.</summary>
    public Uri Address { get; }

    /// <returns>null if the text is no such address.</returns>
    public static Uri? ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
        && url.Query.Length == 0 && url.Fragment.Length == 0
            ? url
            : null;

    /// <summary>Sends the samples, and deletes the groups of pods that no longer exist.</summary>
    /// <param name="findGone">Finds those pods of groups there that no longer exist.</param>
    /// <returns>Why that failed; null if it didn't.</returns>
    public async Task<string?> PushAsync(
        IEnumerable<MetricSample> samples, Func<IEnumerable<PodLabels>, Task<IReadOnlySet<PodLabels>>> findGone)
    {
        using CancellationTokenSource limit = new(Limit);
        try
        {
            foreach (IGrouping<PodLabels, MetricSample> pod in samples.GroupBy(sample => sample.Labels))
            {
                using StringContent text = new(PodMetrics.Text(pod));
                await SendAsync(HttpMethod.Post, PathOf(pod.Key), text, limit.Token);
            }

            foreach (PodLabels gone in await findGone(await GroupsAsync(limit.Token)))
            {
                await SendAsync(HttpMethod.Delete, PathOf(gone), content: null, limit.Token);
            }

            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Printable.Short(e.Message);
        }
        catch (OperationCanceledException)
        {
            return $"no answer within {Durations.Format(Limit)}";
        }
    }

    public void Dispose() => _client.Dispose();

    // Neither names of Kubernetes nor those of clusters hold a slash, so no value needs the base64 form.
    private static string PathOf(PodLabels labels) => $"metrics/job/{Job}" + string.Concat(
        labels.Pairs.Select(pair => $"/{pair.Name}/{Uri.EscapeDataString(pair.Value)}"));

    // The Pushgateway tells of each group when metrics were pushed to it.
    private async Task<IReadOnlyCollection<PodLabels>> GroupsAsync(CancellationToken token)
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, "metrics", content: null, token);
        using StreamReader text = new(await answer.Content.ReadAsStreamAsync(token));
        HashSet<PodLabels> groups = [];
        int lines = 0;
        await foreach (string line in BoundedLines.ReadAsync(text).WithCancellation(token))
        {
            if (line.StartsWith("push_time_seconds{", StringComparison.Ordinal)
                && line.Contains($"job=\"{Job}\"", StringComparison.Ordinal)
                && MetricSample.TryParse(line) is { } group)
            {
                groups.Add(group.Labels);
            }

            if (++lines == MaxLines)
            {
                break;
            }
        }

        return groups;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken token)
    {
        using HttpRequestMessage request = new(method, $"{Address.AbsoluteUri.TrimEnd('/')}/{path}")
        {
            Content = content,
        };
        HttpResponseMessage answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            string why = await WhyAsync(answer, token);
            throw new HttpRequestException($"{method} {path}: {(int)answer.StatusCode} {why}");
        }
    }

    private static async Task<string> WhyAsync(HttpResponseMessage answer, CancellationToken token)
    {
        if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return "it wants other credentials";
        }

        byte[] start = new byte[BoundedLines.MaxLetters];
        await using Stream body = await answer.Content.ReadAsStreamAsync(token);
        int length = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, token);
        return Encoding.UTF8.GetString(start, 0, length).TrimEnd();
    }
}
