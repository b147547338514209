using Amazon.Runtime;

namespace OsoSnapshotClient.Store;

/// <summary>The time of the store's last answer: its Date header (RFC 9110, 6.6.1).</summary>
internal sealed class S3Clock
{
    public DateTimeOffset? Last { get; set; }

    /// <summary>This machine's clock at the last answer, less the store's.</summary>
    public TimeSpan? Difference { get; set; }
}

/// <summary>Sends the SDK's requests. The SDK leaves their time limit to the HTTP client that it is given.</summary>
internal sealed class S3HttpClient : HttpClientFactory, IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    private readonly HttpClient _client;

    /// <param name="limit">For a request up to the head of its answer.</param>
    public S3HttpClient(TimeSpan limit, S3Clock clock, S3Authorities? authorities) =>
        _client = new(new DateHandler(clock, Handler(authorities))) { Timeout = limit };

    public static SocketsHttpHandler Handler(S3Authorities? authorities) => new()
    {
        ConnectTimeout = ConnectLimit,
        SslOptions = { CertificateChainPolicy = authorities?.Policy() },
    };

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    private sealed class DateHandler(S3Clock clock, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
            if (answer.Headers.Date is { } now)
            {
                (clock.Last, clock.Difference) = (now, DateTimeOffset.UtcNow - now);
            }

            return answer;
        }
    }
}
