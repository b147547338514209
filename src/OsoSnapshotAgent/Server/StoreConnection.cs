using System.Net;
using System.Text;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Sends requests to addresses that a client has signed. An address is a credential: no message holds one. It uses no
/// proxy and follows no redirect.
/// </summary>
internal sealed class StoreConnection : IDisposable
{
    private const int MaxAttempts = 3;
    private const int MaxAnswerBytes = 16 * 1024;
    private const int MaxCodeLetters = 64;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    private readonly CertificateCheck _check;
    private readonly HttpClient _http;

    /// <param name="authorities">The authorities that replace the system's; null for the system's.</param>
    public StoreConnection(TrustedAuthorities? authorities)
    {
        _check = new(authorities, trustsAny: false, showsCertificate: false);
        _http = new(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 1,
            MaxResponseHeadersLength = 64,
            ConnectTimeout = ConnectLimit,
            SslOptions = { RemoteCertificateValidationCallback = _check.Accept },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>How long the store may take or send no byte.</summary>
    internal TimeSpan MaxSilence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The pause after the first attempt that failed; it triples after each further one.</summary>
    internal TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <returns>What of an address may be shown.</returns>
    public static string ServerOf(Uri url) => $"{url.Scheme}://{url.Authority}";

    /// <returns>The answer up to the end of its head.</returns>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken token)
    {
        request.Version = HttpVersion.Version11;
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
    }

    /// <summary>Tries again, after pauses that grow, while that may help.</summary>
    /// <param name="attempt">Returns why it failed; null if it succeeded.</param>
    /// <returns>Why the last attempt failed; null if it succeeded.</returns>
    /// <exception cref="OperationCanceledException">An attempt failed, and the token was cancelled.</exception>
    public StoreProblem? Try(Func<StoreProblem?> attempt, CancellationToken token)
    {
        TimeSpan pause = FirstPause;
        for (int tried = 1; ; tried++)
        {
            if (attempt() is not { } problem)
            {
                return null;
            }

            token.ThrowIfCancellationRequested();
            if (!problem.MayPass || tried == MaxAttempts)
            {
                return problem;
            }

            token.WaitHandle.WaitOne(pause);
            pause *= 3;
        }
    }

    /// <returns>What an answer that is a refusal says.</returns>
    public static async Task<StoreProblem> ExplainAsync(HttpResponseMessage answer, CancellationToken token)
    {
        string code = await CodeAsync(answer, token);
        return new($"it answers {(int)answer.StatusCode} {code}".TrimEnd(), MayPass(answer.StatusCode));
    }

    /// <param name="e">What <see cref="IsOne"/> accepts.</param>
    public StoreProblem Explain(Exception e) => e switch
    {
        OperationCanceledException => new($"it says nothing for {MaxSilence.TotalSeconds:0} s", true),
        _ when Causes.IsNoHttp(e) => new("its answer is no HTTP", true),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            new("its name can't be resolved", true),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => new(
            $"the TLS connection failed: {_check.Explain(e)?.Means ?? (e.InnerException ?? e).Message}", false),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
            new((e.InnerException ?? e).Message, true),
        HttpRequestException => new($"the connection broke: {(e.InnerException ?? e).Message}", true),
        _ => new($"the connection broke: {e.Message}", true),
    };

    /// <summary>Whether a request has failed because of the store or the way to it.</summary>
    public static bool IsOne(Exception e) => e is OperationCanceledException or HttpRequestException or IOException;

    public void Dispose() => _http.Dispose();

    // What a store forbids, or does not know, it will not take in a second either.
    private static bool MayPass(HttpStatusCode status) =>
        status is HttpStatusCode.BadRequest or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        || (int)status >= 500;

    // A refusal repeats what was signed. Only the name of the error is taken: <Code>SignatureDoesNotMatch</Code>.
    private static async Task<string> CodeAsync(HttpResponseMessage answer, CancellationToken token)
    {
        const string Start = "<Code>";
        byte[] bytes = new byte[MaxAnswerBytes];
        await using Stream body = await answer.Content.ReadAsStreamAsync(token);
        int count = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, token);
        string text = Encoding.ASCII.GetString(bytes, 0, count);
        int at = text.IndexOf(Start, StringComparison.Ordinal);
        return at < 0
            ? string.Empty
            : string.Concat(text.Skip(at + Start.Length).Take(MaxCodeLetters).TakeWhile(char.IsAsciiLetterOrDigit));
    }
}

/// <summary>Why a request to a store failed.</summary>
/// <param name="MayPass">Whether it may succeed in a moment.</param>
internal sealed record StoreProblem(string Text, bool MayPass);
