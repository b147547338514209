using System.Net;
using System.Text.Json;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>
/// Bounds each answer in time and bytes, makes a <see cref="ClusterException"/> of a refusal, and repeats what is safe
/// to repeat.
/// </summary>
internal sealed class AnswerHandler(TimeSpan maxTime) : DelegatingHandler
{
    private const int MaxAnswerBytes = 4 << 20;

    // A page of 100 pods: see KubernetesCluster.
    private const int MaxListBytes = 16 << 20;
    private const int MaxRepeats = 4;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(10);

    /// <summary>Whether the API server has granted a request.</summary>
    public bool HasSucceeded { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(maxTime);
        try
        {
            TimeSpan pause = FirstPause;
            for (int left = MaxRepeats; ; left--)
            {
                (HttpResponseMessage? response, TimeSpan? wait) = await TryAsync(request, left > 0, limit.Token);
                if (response is not null)
                {
                    return response;
                }

                await Task.Delay(wait ?? pause, limit.Token);
                pause *= 2;
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ClusterException(
                0, "Timeout", $"no answer came within {Durations.Format(maxTime)}", e);
        }
    }

    /// <returns>The answer; null and a pause before the next attempt.</returns>
    private async Task<(HttpResponseMessage? Answer, TimeSpan? Pause)> TryAsync(
        HttpRequestMessage request, bool mayRepeat, CancellationToken token)
    {
        // A connection that breaks may have carried the request already: only what changes nothing is sent again.
        bool isRead = request.Method == HttpMethod.Get && request.Headers.Upgrade.Count == 0;
        HttpResponseMessage response;
        byte[] body;
        try
        {
            response = await base.SendAsync(request, token);
            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                return (response, null);
            }

            using (response)
            {
                body = await ReadAsync(response, IsList(request), token);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return mayRepeat && isRead && e.InnerException is not ClusterException ? (null, null) : throw Explain(e);
        }

        if (response.IsSuccessStatusCode)
        {
            HasSucceeded = true;
            return (Copy(request, response.StatusCode, body), null);
        }

        return response.StatusCode == HttpStatusCode.TooManyRequests && mayRepeat && request.Method != HttpMethod.Patch
            ? (null, PauseOf(response))
            : throw StatusObject.ToException((int)response.StatusCode, body);
    }

    private static bool IsList(HttpRequestMessage request) =>
        request.RequestUri!.Query.Contains("limit=", StringComparison.Ordinal);

    private static TimeSpan? PauseOf(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is { } asked && asked > TimeSpan.Zero
            ? TimeSpan.FromTicks(Math.Min(asked.Ticks, MaxPause.Ticks))
            : null;

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, bool isList, CancellationToken token)
    {
        int maxBytes = response.IsSuccessStatusCode ? isList ? MaxListBytes : MaxAnswerBytes : StatusObject.MaxBytes;
        await using Stream content = await response.Content.ReadAsStreamAsync(token);
        using MemoryStream body = new();
        byte[] buffer = new byte[32 << 10];
        int count;
        while ((count = await content.ReadAsync(buffer, token)) > 0)
        {
            await body.WriteAsync(buffer.AsMemory(0, count), token);
            if (body.Length > maxBytes)
            {
                // The start of a refusal says enough.
                return response.IsSuccessStatusCode
                    ? throw new ClusterException(
                        0, "TooLong", $"the answer is longer than {ByteSize.Format(maxBytes)}")
                    : body.ToArray();
            }
        }

        return body.ToArray();
    }

    private static HttpResponseMessage Copy(HttpRequestMessage request, HttpStatusCode status, byte[] body)
    {
        try
        {
            AnswerBounds.Require(body);
            return new(status) { RequestMessage = request, Content = new ByteArrayContent(body) };
        }
        catch (JsonException e)
        {
            throw Unreadable(e);
        }
    }

    public static ClusterException Unreadable(Exception e) =>
        new(0, "Unreadable", $"the answer can't be read: {Printable.Short(e.Message)}", e);

    public static ClusterException Explain(Exception e)
    {
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is ClusterException known)
            {
                return known;
            }
        }

        return new(0, string.Empty, Printable.Short(e.InnerException?.Message ?? e.Message), e);
    }
}
