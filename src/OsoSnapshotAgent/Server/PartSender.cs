using System.Net;
using System.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Sends parts of an object to addresses that a client has signed. An address is a credential: no message holds one.
/// A part may be sent again, because the same bytes take the same place.
/// </summary>
internal sealed class PartSender : IDisposable
{
    private const string ChecksumHeader = "x-amz-checksum-sha256";
    private const int MaxAttempts = 3;
    private const int MaxAnswerBytes = 16 * 1024;
    private const int MaxCodeLetters = 64;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    private readonly CertificateCheck _check;
    private readonly HttpClient _http;

    /// <param name="authorities">The authorities that replace the system's; null for the system's.</param>
    public PartSender(TrustedAuthorities? authorities)
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

    /// <summary>How long the store may take no byte of a part, or say nothing to it.</summary>
    internal TimeSpan MaxSilence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The pause after the first attempt that failed; it triples after each further one.</summary>
    internal TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Sends a part with the headers that are signed: host, content-length and the checksum.</summary>
    /// <param name="sha256">The part's SHA-256.</param>
    /// <returns>Why the store lacks the part; null if it has it.</returns>
    public string? Send(Uri url, ReadOnlyMemory<byte> part, byte[] sha256)
    {
        string server = $"{url.Scheme}://{url.Authority}";
        TimeSpan pause = FirstPause;
        for (int attempt = 1; ; attempt++)
        {
            (string? problem, bool mayPass) = TryAsync(url, part, sha256).GetAwaiter().GetResult();
            if (problem is null || !mayPass || attempt == MaxAttempts)
            {
                return problem is null ? null : $"{server}: {problem}";
            }

            Thread.Sleep(pause);
            pause *= 3;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<(string? Problem, bool MayPass)> TryAsync(Uri url, ReadOnlyMemory<byte> part, byte[] sha256)
    {
        using CancellationTokenSource silence = new(MaxSilence);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Put, url)
            {
                Version = HttpVersion.Version11,
                Content = new PartContent(part, () => silence.CancelAfter(MaxSilence)),
            };
            request.Headers.Add(ChecksumHeader, Convert.ToBase64String(sha256));
            using HttpResponseMessage answer =
                await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                return (null, false);
            }

            string code = await CodeAsync(answer, silence.Token);
            return ($"it answers {(int)answer.StatusCode} {code}".TrimEnd(), MayPass(answer.StatusCode));
        }
        catch (OperationCanceledException)
        {
            return ($"it says nothing for {MaxSilence.TotalSeconds:0} s", true);
        }
        catch (HttpRequestException e)
        {
            return Explain(e);
        }
        catch (IOException e)
        {
            return ($"the connection broke: {e.Message}", true);
        }
    }

    private (string Problem, bool MayPass) Explain(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => ("its name can't be resolved", true),
        HttpRequestError.SecureConnectionError => (
            $"the TLS connection failed: {_check.Explain(e)?.Means ?? (e.InnerException ?? e).Message}", false),
        HttpRequestError.ConnectionError => ((e.InnerException ?? e).Message, true),
        _ => ($"the connection broke: {(e.InnerException ?? e).Message}", true),
    };

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

    /// <summary>A part in pieces, so that a store which takes no more is found out.</summary>
    private sealed class PartContent(ReadOnlyMemory<byte> part, Action sent) : HttpContent
    {
        private const int PieceBytes = 256 * 1024;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            for (int position = 0; position < part.Length; position += PieceBytes)
            {
                await stream.WriteAsync(
                    part.Slice(position, Math.Min(PieceBytes, part.Length - position)), cancellationToken);
                sent();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = part.Length;
            return true;
        }
    }
}
