using System.Diagnostics;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace OsoSnapshotClient.Tests.Fixtures;

public sealed class FaultProxyTests(S3Server server) : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private FaultProxy? _proxy;
    private string? _bucket;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FaultProxy Proxy => _proxy!;

    public async ValueTask InitializeAsync()
    {
        _bucket = await server.MakeBucketAsync();
        _proxy = new(server.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task Requests_pass_and_are_counted()
    {
        Assert.Equal(await _http.GetStringAsync(server.Endpoint, Token), await _http.GetStringAsync(Proxy.Endpoint, Token));
        await PutAsync(8 * 1024 * 1024);

        Assert.Equal(["GET", "PUT"], Proxy.Requests.Select(request => request.Method));
        Assert.StartsWith($"/{_bucket}/key?", Proxy.Requests[1].Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task So_many_matching_requests_as_asked_for_get_the_status()
    {
        Proxy.Add(new() { Status = 503, Times = 2, Matches = request => request.Method == "PUT" });

        await _http.GetStringAsync(Proxy.Endpoint, Token);
        var first = await Assert.ThrowsAsync<HttpRequestException>(() => PutAsync(8 * 1024 * 1024));
        await Assert.ThrowsAsync<HttpRequestException>(() => PutAsync(8 * 1024 * 1024));
        await PutAsync(8 * 1024 * 1024);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, first.StatusCode);
    }

    [Fact]
    public async Task A_request_is_cut()
    {
        Proxy.Add(new() { CutRequestAt = 1_000_000 });

        await Assert.ThrowsAsync<HttpRequestException>(() => PutAsync(2_000_000));
        await PutAsync(2_000_000);

        Assert.Equal(2, Proxy.Requests.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    public async Task An_answer_is_cut(int at)
    {
        Proxy.Add(new() { CutAnswerAt = at });

        // HttpClient repeats a GET by itself.
        await Assert.ThrowsAsync<HttpRequestException>(() => PutAsync(1_000));
        await PutAsync(1_000);

        Assert.Equal(2, Proxy.Requests.Count);
    }

    [Fact]
    public async Task A_request_waits()
    {
        Proxy.Add(new() { Delay = TimeSpan.FromMilliseconds(300) });
        long start = Stopwatch.GetTimestamp();

        await _http.GetStringAsync(Proxy.Endpoint, Token);

        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(300));
    }

    private async Task PutAsync(int length)
    {
        using AmazonS3Client signer = new(
            new BasicAWSCredentials(S3Server.AccessKey, S3Server.SecretKey),
            new AmazonS3Config { ServiceURL = Proxy.Endpoint.AbsoluteUri, ForcePathStyle = true, AuthenticationRegion = S3Server.Region });
        string url = await signer.GetPreSignedURLAsync(new()
        {
            BucketName = _bucket,
            Key = "key",
            Verb = HttpVerb.PUT,
            Protocol = Protocol.HTTP,
            Expires = DateTime.UtcNow.AddMinutes(15),
        });
        using ByteArrayContent content = new(new byte[length]);
        using HttpResponseMessage answer = await _http.PutAsync(new Uri(url), content, Token);
        answer.EnsureSuccessStatusCode();
    }
}
