using System.Diagnostics;
using System.Security.Cryptography;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>Tests what the agent takes for an object of a store, and what it asks for after a cut.</summary>
public sealed class ObjectReadingTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length:";

    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(700_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void An_object_is_read_by_one_request_with_the_signed_header_alone()
    {
        using ObjectServer server = new(get => ObjectServer.Object(get, Content));

        Assert.Equal(Content, Read(server.Url));

        StoredPut get = Assert.Single(server.Puts);
        Assert.Equal(("GET", new Uri(server.Url).PathAndQuery), (get.Method, get.Target));
        Assert.Equal(["host"], get.Headers.Keys);
    }

    [Fact]
    public void After_a_cut_only_the_rest_of_the_same_object_is_asked_for()
    {
        using ObjectServer server = new(get => ObjectServer.Object(get, Content, cutAt: 300_000)) { HangsUp = true };

        Assert.Equal(Content, Read(server.Url));

        Assert.Equal(3, server.Puts.Count);
        Assert.Equal(["bytes=300000-", "bytes=600000-"], server.Puts.Skip(1).Select(get => get.Headers["range"]));
        Assert.All(server.Puts.Skip(1), get => Assert.Equal("\"one\"", get.Headers["if-match"]));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 700000\r\n\r\n", "it answers 200 where 206 is due")]
    [InlineData("HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-699999/700000\r\nContent-Length: 700000\r\n\r\n", "another part")]
    [InlineData("HTTP/1.1 206 Partial\r\nContent-Range: bytes 300000-699998/700000\r\nContent-Length: 399999\r\n\r\n", "another part")]
    [InlineData("HTTP/1.1 206 Partial\r\nContent-Range: bytes 300000-699999/700001\r\nContent-Length: 400000\r\n\r\n", "another part")]
    [InlineData("HTTP/1.1 206 Partial\r\nContent-Length: 400000\r\n\r\n", "another part")]
    [InlineData("HTTP/1.1 206 Partial\r\nContent-Range: bytes 300000-699999/700000\r\nContent-Length: 400001\r\n\r\n", "it sends 400001 bytes in place of 400000")]
    [InlineData("HTTP/1.1 206 Partial\r\nETag: \"two\"\r\nContent-Range: bytes 300000-699999/700000\r\nContent-Length: 400000\r\n\r\n", "another object")]
    [InlineData("HTTP/1.1 412 No\r\nContent-Length: 0\r\n\r\n", "another object")]
    public void Bytes_of_something_else_are_never_joined_to_those_that_came(string answer, string problem)
    {
        using ObjectServer server = new(get => get.Headers.ContainsKey("range") ? answer : ObjectServer.Object(get, Content, 300_000)) { HangsUp = true };

        (string told, byte[] came) = Fail(server.Url);

        Assert.Contains(problem, told, StringComparison.Ordinal);
        Assert.Equal(Content[..300_000], came);
        Assert.Equal(2, server.Puts.Count);
    }

    [Theory]
    [InlineData(Head + " 699999\r\n\r\n", "it sends 699999 bytes in place of 700000")]
    [InlineData(Head + " 700001\r\n\r\n", "it sends 700001 bytes in place of 700000")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n<html>", "it sends an unknown number of bytes")]
    [InlineData("HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-699999/700000\r\nContent-Length: 700000\r\n\r\n", "it answers 206 where 200 is due")]
    [InlineData("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "it answers 301")]
    [InlineData("HTTP/1.1 204 None\r\n\r\n", "it answers 204")]
    public void An_answer_that_is_not_the_whole_object_brings_no_byte(string answer, string problem)
    {
        using ObjectServer server = new(_ => answer) { HangsUp = true };

        (string told, byte[] came) = Fail(server.Url);

        Assert.Contains(problem, told, StringComparison.Ordinal);
        Assert.Empty(came);
        Assert.Single(server.Puts);
    }

    [Theory]
    [InlineData(403, "AccessDenied", 1)]
    [InlineData(404, "NoSuchKey", 1)]
    [InlineData(503, "SlowDown", 3)]
    public void A_refusal_is_told_by_its_status_and_code_alone(int status, string code, int attempts)
    {
        using ObjectServer server = new(get => ObjectServer.Refusal(status, $"<Error><Code>{code}</Code><Resource>{get.Target}</Resource></Error>"));

        (string told, _) = Fail(server.Url);

        Assert.Equal($"{StoreConnection.ServerOf(new(server.Url))}: it answers {status} {code}", told);
        Assert.Equal(attempts, server.Puts.Count);
    }

    [Theory]
    [InlineData("GET {0} HTTP/1.1\r\n\r\n")]
    [InlineData("HTTP/1.1 {0}\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n{0}\r\n\r\n")]
    [InlineData("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n{0}\r\n")]
    public void A_server_that_repeats_the_request_has_its_answer_not_told(string answer)
    {
        using ObjectServer server = new(get => answer.Replace("{0}", get.Target, StringComparison.Ordinal)) { HangsUp = true };

        Assert.Equal($"{StoreConnection.ServerOf(new(server.Url))}: its answer is no HTTP", Fail(server.Url).Told);
    }

    [Fact]
    public void Another_address_continues_where_the_first_one_has_become_too_old()
    {
        using ObjectServer server = new(get => get.Target.EndsWith("=secret", StringComparison.Ordinal) && get.Headers.ContainsKey("range")
            ? ObjectServer.Refusal(403, "<Code>AccessDenied</Code>")
            : ObjectServer.Object(get, Content, cutAt: 500_000)) { HangsUp = true };

        byte[] read = Read(server.Url, renew: _ => new(server.Url + "2"));

        Assert.Equal(Content, read);
        Assert.Equal([null, "bytes=500000-", "bytes=500000-"], server.Puts.Select(get => get.Headers.GetValueOrDefault("range")));
    }

    [Fact]
    public void A_store_that_says_nothing_is_given_up()
    {
        using ObjectServer server = new(_ => null);

        (string told, _) = Fail(server.Url, silence: TimeSpan.FromSeconds(2));

        Assert.Contains("it says nothing for 2 s", told, StringComparison.Ordinal);
        Assert.Equal(3, server.Puts.Count);
    }

    [Fact]
    public async Task A_store_that_stops_within_the_object_is_given_up_too_and_a_cancellation_ends_the_wait()
    {
        using ObjectServer server = new(get => get.Headers.ContainsKey("range") ? null : ObjectServer.Object(get, Content, cutAt: 200_000));
        (string told, byte[] came) = Fail(server.Url, silence: TimeSpan.FromSeconds(2));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        stop.CancelAfter(TimeSpan.FromSeconds(0.5));
        long startedAt = Stopwatch.GetTimestamp();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() => Read(server.Url, token: stop.Token), Token));

        Assert.InRange(Stopwatch.GetElapsedTime(startedAt).TotalSeconds, 0.4, 20);
        Assert.Contains("it says nothing", told, StringComparison.Ordinal);
        Assert.Equal(Content[..200_000], came);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/b/k?X-Amz-Signature=secret", "http://127.0.0.1:1: Connection refused")]
    [InlineData("https://no-such-store.invalid/b/k?X-Amz-Signature=secret", "https://no-such-store.invalid: its name can't be resolved")]
    public void A_server_that_is_not_there_is_named_without_the_address(string address, string problem) =>
        Assert.Equal(problem, Fail(address).Told);

    [Fact]
    public void Only_a_server_of_a_trusted_authority_is_asked()
    {
        using ObjectServer server = new(get => ObjectServer.Object(get, Content), hasTls: true);
        Assert.Contains(": the TLS connection failed: ", Fail(server.Url).Told, StringComparison.Ordinal);
        Assert.Empty(server.Puts);

        Assert.Equal(Content, Read(server.Url, authorities: new(server.Authority)));
    }

    /// <returns>What is told of the first address, and the bytes that came until then.</returns>
    private static (string Told, byte[] Came) Fail(string url, TimeSpan? silence = null)
    {
        using StoreConnection store = Store(null, silence);
        List<string> told = [];
        using ObjectReading reading = new(store, new(url), Content.Length, Renew, Token);
        using MemoryStream came = new();
        Assert.Throws<NotSupportedException>(() => reading.CopyTo(came));
        Assert.Equal(reading.ReadBytes, came.Length);
        Assert.DoesNotContain("secret", Assert.Single(told), StringComparison.Ordinal);
        return (told[0], came.ToArray());

        Uri Renew(string problem)
        {
            told.Add(problem);
            throw new NotSupportedException();
        }
    }

    private static byte[] Read(
        string url, Func<string, Uri>? renew = null, TrustedAuthorities? authorities = null, CancellationToken? token = null)
    {
        using StoreConnection store = Store(authorities);
        using ObjectReading reading = new(
            store, new(url), Content.Length, renew ?? (problem => throw new InvalidOperationException(problem)), token ?? Token);
        using MemoryStream content = new();
        reading.CopyTo(content);
        return content.ToArray();
    }

    private static StoreConnection Store(TrustedAuthorities? authorities, TimeSpan? silence = null) => new(authorities)
    {
        FirstPause = TimeSpan.FromMilliseconds(10),
        MaxSilence = silence ?? TimeSpan.FromSeconds(30),
    };
}
