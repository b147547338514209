using System.Net;
using System.Net.Http.Headers;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// A bucket: the SDK's calls with the failures that an operator can mend. A call blocks its thread, as the calls of a
/// directory do, and ends with the command's token. The SDK repeats what the store refuses for a moment.
/// </summary>
internal sealed class S3Bucket : IDisposable
{
    private const int MaxRetries = 4;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan RequestLimit = TimeSpan.FromMinutes(1);

    // The store must refuse it before DeletionMarks.RequestLife, also after a minute on its way. The SDK corrects the
    // clock for its own requests, not for the times in a signed address.
    private static readonly TimeSpan SignedFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MaxClockDifference = TimeSpan.FromMinutes(5);

    private readonly AmazonS3Client _client;
    private readonly HttpClient _signed = new() { Timeout = RequestLimit };
    private readonly DateHeader _date = new();
    private CancellationToken _token;
    private readonly bool _isPlain;

    /// <exception cref="OperatorException">The settings of the AWS tools can't be used.</exception>
    public S3Bucket(S3Address address, S3Options options, CancellationToken token)
    {
        (Address, _token) = (address, token);
        Uri? endpoint = options.Endpoint ?? EndpointOfEnvironment();
        Endpoint = endpoint?.ToString().TrimEnd('/') ?? "AWS";
        _isPlain = endpoint?.Scheme == Uri.UriSchemeHttp;
        AmazonS3Config config = new()
        {
            Timeout = RequestLimit,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = MaxRetries,
            HttpClientFactory = _date,
            ForcePathStyle = options.IsPathStyle ?? endpoint is not null,

            // The blocks' own SHA-256 is compared.
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (endpoint is not null)
        {
            config.ServiceURL = Endpoint;
            config.AuthenticationRegion =
                options.Region ?? Environment.GetEnvironmentVariable("AWS_REGION") ?? "us-east-1";
        }
        else if (options.Region is { } region)
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(region);
        }

        try
        {
            _client = options.Credentials is { } own ? new(own, config) : new(config);
        }
        catch (AmazonClientException e)
        {
            throw S3Errors.Explain(e, address.ToString(), Endpoint);
        }
    }

    public S3Address Address { get; }

    /// <summary>The server, for messages.</summary>
    public string Endpoint { get; }

    public CancellationToken Token => _token;

    /// <returns>The answer to a request; the failures that an operator can mend are explained.</returns>
    public T Ask<T>(string key, Func<AmazonS3Client, CancellationToken, Task<T>> request) =>
        Run(key, () => request(_client, _token));

    /// <returns>null if there is no such object or upload.</returns>
    public T? Find<T>(string key, Func<AmazonS3Client, CancellationToken, Task<T>> request)
        where T : class
    {
        return Run(key, FindAsync);

        async Task<T?> FindAsync()
        {
            try
            {
                return await request(_client, _token);
            }
            catch (AmazonS3Exception e) when (S3Errors.IsMissing(e))
            {
                return null;
            }
        }
    }

    /// <returns>The time by the store's clock, which a request for the key brings.</returns>
    public DateTimeOffset Now(string key)
    {
        _date.Last = null;
        Find(key, (client, token) => client.GetObjectMetadataAsync(Address.Bucket, key, token));
        return _date.Last ?? throw new OperatorException(
            ClientStatus.Failed,
            $"{Endpoint} answers without the time.",
            "find out which proxy removes the Date header of its answers");
    }

    /// <exception cref="OperatorException">This machine's clock differs too much from the store's.</exception>
    public void RequireClock()
    {
        if (_date.Difference is { } difference && difference.Duration() > MaxClockDifference)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"The clock of this machine is {Durations.Format(difference.Duration())}"
                + $" {(difference > TimeSpan.Zero ? "ahead of" : "behind")} that of {Endpoint}.",
                "set the clock, then run the same command again");
        }
    }

    /// <summary>Signs a request now. The store refuses it if it is sent much later.</summary>
    /// <param name="ifNoneMatch">Whether it must find no such object.</param>
    /// <returns>Sends it; false if the object is there already.</returns>
    /// <inheritdoc cref="RequireClock" path="/exception"/>
    public Func<bool> Sign(HttpVerb verb, string key, byte[]? content = null, bool ifNoneMatch = false)
    {
        RequireClock();
        string url = Run(key, () => _client.GetPreSignedURLAsync(new GetPreSignedUrlRequest
        {
            BucketName = Address.Bucket,
            Key = key,
            Verb = verb,
            Expires = DateTime.UtcNow + SignedFor,
            Protocol = _isPlain ? Protocol.HTTP : Protocol.HTTPS,
        }));
        return () => Run(key, RepeatAsync);

        async Task<bool> RepeatAsync()
        {
            for (int attempt = 0; ; attempt++)
            {
                try
                {
                    return await SendAsync();
                }
                catch (Exception e) when (attempt < MaxRetries && MayPass(e))
                {
                    await Task.Delay(FirstPause * (1 << attempt), _token);
                }
            }
        }

        async Task<bool> SendAsync()
        {
            using HttpRequestMessage request = new(verb == HttpVerb.PUT ? HttpMethod.Put : HttpMethod.Delete, url);
            request.Content = content is null ? null : new ByteArrayContent(content);
            if (ifNoneMatch)
            {
                request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
            }

            using HttpResponseMessage answer = await _signed.SendAsync(request, _token);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.NotFound => true,
                HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict when ifNoneMatch => false,
                HttpStatusCode.Forbidden => throw Refused("AccessDenied", answer.StatusCode),
                _ => throw Refused(answer.StatusCode.ToString(), answer.StatusCode),
            };
        }
    }

    public OperatorException Explain(Exception e, string key) =>
        S3Errors.Explain(e, $"s3://{Address.Bucket}/{key}", Endpoint);

    /// <summary>Lets the requests that take something back outlive the command's end, for some seconds.</summary>
    public void Outlive() => _token = new CancellationTokenSource(RequestLimit / 2).Token;

    public void Dispose()
    {
        _client.Dispose();
        _signed.Dispose();
    }

    private static bool MayPass(Exception e) => e is HttpRequestException or IOException
        || (e is AmazonS3Exception refused
            && ((int)refused.StatusCode >= 500 || refused.StatusCode == HttpStatusCode.TooManyRequests));

    private static AmazonS3Exception Refused(string code, HttpStatusCode status) =>
        new("refused", ErrorType.Unknown, code, string.Empty, status);

    private static Uri? EndpointOfEnvironment() => Uri.TryCreate(
        Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3") ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL"),
        UriKind.Absolute,
        out Uri? endpoint)
        ? endpoint
        : null;

    private T Run<T>(string key, Func<Task<T>> request)
    {
        _token.ThrowIfCancellationRequested();
        try
        {
            return request().GetAwaiter().GetResult();
        }
        catch (Exception e) when (S3Errors.IsOne(e) && !_token.IsCancellationRequested)
        {
            throw Explain(e, key);
        }
        catch (Exception e) when (S3Errors.IsOne(e))
        {
            throw new OperationCanceledException(_token);
        }
    }

    /// <summary>Keeps the time of the store's last answer: its Date header (RFC 9110, 6.6.1).</summary>
    private sealed class DateHeader : HttpClientFactory
    {
        public DateTimeOffset? Last { get; set; }

        /// <summary>This machine's clock at the last answer, less the store's.</summary>
        public TimeSpan? Difference { get; private set; }

        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(
            new Handler(this, new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10) }))
        {
            // The SDK cancels a request itself.
            Timeout = Timeout.InfiniteTimeSpan,
        };

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => true;

        private sealed class Handler(DateHeader date, HttpMessageHandler inner) : DelegatingHandler(inner)
        {
            protected override async Task<HttpResponseMessage> SendAsync(
                HttpRequestMessage request, CancellationToken cancellationToken)
            {
                HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
                if (answer.Headers.Date is { } now)
                {
                    date.Last = now;
                    date.Difference = DateTimeOffset.UtcNow - now;
                }

                return answer;
            }
        }
    }
}
