using System.Net;
using System.Text;
using OsoSnapshotCore.Text;
using Polly.Timeout;

namespace OsoSnapshotAgent.Server;

/// <summary>Sends requests and reads answers, with limits of time and size.</summary>
/// <param name="http">The client.</param>
/// <param name="services">What the client's handlers belong to. It ends with this connection.</param>
/// <param name="snapshotTimeout">The timeout of a POST, for the message.</param>
/// <param name="check">Knows why a TLS connection failed.</param>
/// <param name="time">The clock of timeouts.</param>
internal sealed class ApiConnection(
    HttpClient http,
    IDisposable services,
    TimeSpan snapshotTimeout,
    CertificateCheck check,
    TimeProvider time) : IDisposable
{
    // Prometheus' answer with its flags has some 10 KiB. Anything much larger is not Prometheus.
    public const int MaxReplyBytes = 1024 * 1024;

    /// <returns>The answer's headers. The body is not read yet.</returns>
    /// <exception cref="RefusalException">There is no answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, CancellationToken token)
    {
        using HttpRequestMessage request = new(method, url) { Version = HttpVersion.Version11 };
        if (method == HttpMethod.Post)
        {
            // A body, even an empty one, keeps the HTTP stack from sending the request again over a new connection.
            request.Content = new ByteArrayContent([]);
        }

        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
        }
        catch (HttpRequestException e)
        {
            throw Refusals.NotReached(url, e, check.Explain(e));
        }
        catch (TimeoutRejectedException e)
        {
            throw method == HttpMethod.Post
                ? Refusals.NoAnswerToSnapshot(url, snapshotTimeout, e)
                : Refusals.NoAnswerToRead(url, ApiResilience.ReadTimeout, e);
        }
    }

    /// <param name="maxBytes">The limit of the body.</param>
    /// <returns>The answer's body.</returns>
    /// <exception cref="RefusalException">The body is too long, or the connection broke before its end.</exception>
    public async Task<string> ReadAsync(
        HttpResponseMessage response, Uri url, CancellationToken token, int maxBytes = MaxReplyBytes)
    {
        using CancellationTokenSource timeout = new(ApiResilience.ReadTimeout, time);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(token, timeout.Token);
        try
        {
            await response.Content.LoadIntoBufferAsync(maxBytes, limit.Token);

            // JSON is UTF-8. What the answer says of its encoding may be anything, and .NET would throw.
            return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw Refusals.NotPrometheus(
                url,
                $"the answer was not complete within {Durations.Format(ApiResilience.ReadTimeout)}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Refusals.NotPrometheus(url, $"the answer can't be read ({e.Message})", "the answer can't be read");
        }
    }

    /// <summary>
    /// Reads a body until <paramref name="read"/> has enough. A connection that breaks or stalls is no error.
    /// </summary>
    public async Task ReadAsFarAsPossibleAsync(
        HttpResponseMessage response,
        Func<Stream, CancellationToken, Task> read,
        CancellationToken token)
    {
        using CancellationTokenSource timeout = new(ApiResilience.ReadTimeout, time);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(token, timeout.Token);
        try
        {
            await read(await response.Content.ReadAsStreamAsync(limit.Token), limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !token.IsCancellationRequested))
        {
            // Metrics only help to recognise the server: the run continues without them.
        }
    }

    public void Dispose()
    {
        http.Dispose();
        services.Dispose();
    }
}
