using System.Net;
using System.Net.Http.Headers;
using Amazon.Runtime;
using Amazon.RuntimeDependencies;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.SecurityToken;
using Amazon.SSO;
using Amazon.SSOOIDC;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// A bucket: the SDK's calls with the failures that an operator can mend. A call blocks its thread, as the calls of a
/// directory do, and ends with the command's token. The SDK repeats what the store refuses for a moment.
/// </summary>
internal sealed class S3Bucket : IDisposable
{
    private static readonly TimeSpan TakeBackLimit = TimeSpan.FromSeconds(30);

    // A part of 8 MiB has this time, also on a slow line.
    private static readonly TimeSpan MinPartTime = TimeSpan.FromMinutes(10);

    // The store must refuse it before DeletionMarks.RequestLife, also after a minute on its way. The SDK corrects the
    // clock for its own requests, not for the times in a signed address.
    private static readonly TimeSpan SignedFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MaxClockDifference = TimeSpan.FromMinutes(5);

    private readonly AmazonS3Client _client;
    private readonly AmazonS3Client _sender;
    private readonly HttpClient _signed;
    private readonly S3Clock _clock = new();
    private readonly S3HttpClient _shortHttp;
    private readonly S3HttpClient _longHttp;

    // Native AOT finds no packages by their names. These are for roles, web identity and single sign-on.
    static S3Bucket()
    {
        GlobalRuntimeDependencyRegistry registry = GlobalRuntimeDependencyRegistry.Instance;
        registry.RegisterSecurityTokenServiceClient(
            context => new AmazonSecurityTokenServiceClient(context.SecurityTokenServiceClientContextData?.Region));
        registry.RegisterSSOClient(context => new AmazonSSOClient(
            new AnonymousAWSCredentials(), context.SSOClientContextData?.Region));
        registry.RegisterSSOOIDCClient(context => new AmazonSSOOIDCClient(
            new AnonymousAWSCredentials(), context.SSOOIDCClientContextData?.Region));
    }

    /// <exception cref="OperatorException">The settings of the AWS tools can't be used.</exception>
    public S3Bucket(S3Address address, S3Options options, CancellationToken token)
    {
        (Address, Token) = (address, token);
        Uri? endpoint = options.Endpoint ?? EndpointOfEnvironment();
        Endpoint = endpoint?.ToString().TrimEnd('/') ?? "AWS";
        Protocol = endpoint?.Scheme == Uri.UriSchemeHttp ? Protocol.HTTP : Protocol.HTTPS;
        Stall = options.Stall;
        Authorities = options.Authorities;
        _signed = new(S3HttpClient.Handler(Authorities)) { Timeout = Stall };
        (_shortHttp, _longHttp) = (new(Stall, _clock, Authorities), new(MinPartTime, _clock, Authorities));
        try
        {
            _client = Connect(options, endpoint, _shortHttp);
            _sender = Connect(options, endpoint, _longHttp);
        }
        catch (AmazonClientException e)
        {
            throw S3Errors.Explain(e, address.ToString(), Endpoint);
        }
    }

    public S3Address Address { get; }

    /// <summary>The server, for messages.</summary>
    public string Endpoint { get; }

    /// <inheritdoc cref="S3Options.Authorities"/>
    public S3Authorities? Authorities { get; }

    /// <summary>That of signed addresses.</summary>
    public Protocol Protocol { get; }

    public CancellationToken Token { get; private set; }

    /// <inheritdoc cref="S3Options.Stall"/>
    public TimeSpan Stall { get; }

    /// <returns>The answer to a request; the failures that an operator can mend are explained.</returns>
    public T Ask<T>(string key, Func<AmazonS3Client, CancellationToken, Task<T>> request) =>
        Run(key, () => request(_client, Token));

    /// <summary>Sends the bytes of an object or of a part, which may take long.</summary>
    /// <inheritdoc cref="Ask" path="/returns"/>
    public T Send<T>(string key, Func<AmazonS3Client, CancellationToken, Task<T>> request) =>
        Run(key, () => request(_sender, Token));

    /// <summary>Makes an object that may not be there yet.</summary>
    /// <returns>null if it is there, or if there is no such upload any more.</returns>
    public T? Create<T>(string key, Func<AmazonS3Client, CancellationToken, Task<T>> request)
        where T : class => Run(key, () => S3Repeats.RepeatAsync(
            () => OrNullAsync(() => request(_sender, Token), S3Errors.IsTaken), S3Errors.IsConflict, Token));

    /// <returns>null if there is no such object or upload.</returns>
    public T? Find<T>(string key, Func<AmazonS3Client, CancellationToken, Task<T>> request)
        where T : class => Run(key, () => OrNullAsync(() => request(_client, Token), S3Errors.IsMissing));

    /// <returns>The time by the store's clock, which a request for the key brings.</returns>
    public DateTimeOffset Now(string key)
    {
        _clock.Last = null;
        Find(key, (client, token) => client.GetObjectMetadataAsync(Address.Bucket, key, token));
        return _clock.Last ?? throw new OperatorException(
            ClientStatus.Failed,
            $"{Endpoint} answers without the time.",
            "find out which proxy removes the Date header of its answers");
    }

    /// <exception cref="OperatorException">This machine's clock differs too much from the store's.</exception>
    public void RequireClock()
    {
        if (_clock.Difference is { } difference && difference.Duration() > MaxClockDifference)
        {
            string where = difference > TimeSpan.Zero ? "ahead of" : "behind";
            throw new OperatorException(
                ClientStatus.Failed,
                $"The clock of this machine is {Durations.Format(difference.Duration())} {where} that of {Endpoint}.",
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
            Protocol = Protocol,
        }));
        return () => Run(key, () => S3Repeats.RepeatAsync(SendAsync, S3Repeats.MayPass, Token));

        async Task<bool> SendAsync()
        {
            using HttpRequestMessage request = new(verb == HttpVerb.PUT ? HttpMethod.Put : HttpMethod.Delete, url);
            request.Content = content is null ? null : new ByteArrayContent(content);
            if (ifNoneMatch)
            {
                request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
            }

            using HttpResponseMessage answer = await _signed.SendAsync(request, Token);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.NotFound => true,
                HttpStatusCode.PreconditionFailed when ifNoneMatch => false,
                HttpStatusCode.Forbidden => throw Refused("AccessDenied", answer.StatusCode),
                _ => throw Refused(answer.StatusCode.ToString(), answer.StatusCode),
            };
        }
    }

    public OperatorException Explain(Exception e, string key) =>
        S3Errors.Explain(e, $"s3://{Address.Bucket}/{key}", Endpoint);

    /// <summary>Lets the requests that take something back outlive the command's end, for some seconds.</summary>
    public void Outlive() => Token = new CancellationTokenSource(TakeBackLimit).Token;

    public void Dispose()
    {
        _client.Dispose();
        _sender.Dispose();
        _signed.Dispose();
        _shortHttp.Dispose();
        _longHttp.Dispose();
    }

    private static async Task<T?> OrNullAsync<T>(Func<Task<T>> request, Func<AmazonS3Exception, bool> isNull)
        where T : class
    {
        try
        {
            return await request();
        }
        catch (AmazonS3Exception e) when (isNull(e))
        {
            return null;
        }
    }

    private AmazonS3Client Connect(S3Options options, Uri? endpoint, S3HttpClient http)
    {
        AmazonS3Config config = new()
        {
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = S3Repeats.Max,
            HttpClientFactory = http,
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

        return options.Credentials is { } own ? new(own, config) : new(config);
    }

    private static AmazonS3Exception Refused(string code, HttpStatusCode status) =>
        new("refused", ErrorType.Unknown, code, string.Empty, status);

    private static Uri? EndpointOfEnvironment() => Uri.TryCreate(
        Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3")
            ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL"),
        UriKind.Absolute,
        out Uri? endpoint)
        ? endpoint
        : null;

    private T Run<T>(string key, Func<Task<T>> request)
    {
        Token.ThrowIfCancellationRequested();
        try
        {
            return S3Repeats.AgainIfUnreadAsync(request).GetAwaiter().GetResult();
        }
        catch (Exception e) when (S3Errors.IsOne(e) && !Token.IsCancellationRequested)
        {
            throw Explain(e, key);
        }
        catch (Exception e) when (S3Errors.IsOne(e))
        {
            throw new OperationCanceledException(Token);
        }
    }
}
