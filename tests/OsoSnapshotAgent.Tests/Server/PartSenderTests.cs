using System.Security.Cryptography;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class PartSenderTests
{
    private static readonly byte[] Part = RandomNumberGenerator.GetBytes(700_000);

    [Fact]
    public void A_part_is_put_with_the_signed_headers_and_no_others()
    {
        using ObjectServer server = new(_ => ObjectServer.Taken);

        Assert.Null(Send(server.Url));

        StoredPut put = Assert.Single(server.Puts);
        Assert.Equal(("PUT", new Uri(server.Url).PathAndQuery), (put.Method, put.Target));
        Assert.Equal(["content-length", "host", "x-amz-checksum-sha256"], put.Headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Convert.ToBase64String(SHA256.HashData(Part)), put.Headers["x-amz-checksum-sha256"]);
        Assert.Equal(Part, put.Body);
    }

    [Fact]
    public void What_a_store_refuses_for_a_moment_is_sent_again()
    {
        int count = 0;
        using ObjectServer server = new(_ => ++count < 3 ? ObjectServer.Refusal(503, "<Error><Code>SlowDown</Code></Error>") : ObjectServer.Taken);

        Assert.Null(Send(server.Url));

        Assert.Equal(3, server.Puts.Count);
    }

    [Theory]
    [InlineData(403, "SignatureDoesNotMatch", 1)]
    [InlineData(404, "NoSuchUpload", 1)]
    [InlineData(400, "BadDigest", 3)]
    [InlineData(500, "InternalError", 3)]
    public void A_refusal_is_told_by_its_status_and_code_alone(int status, string code, int attempts)
    {
        using ObjectServer server = new(put => ObjectServer.Refusal(
            status, $"<Error><Code>{code}</Code><StringToSign>{put.Target}</StringToSign></Error>"));

        string problem = Send(server.Url)!;

        Assert.EndsWith($": it answers {status} {code}", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
        Assert.Equal(attempts, server.Puts.Count);
    }

    [Fact]
    public void A_server_that_repeats_the_request_has_its_answer_not_told()
    {
        using ObjectServer server = new(put => $"PUT {put.Target} HTTP/1.1\r\n\r\n") { HangsUp = true };

        Assert.EndsWith(": its answer is no HTTP", Send(server.Url), StringComparison.Ordinal);
    }

    [Fact]
    public void A_redirect_is_not_followed()
    {
        using ObjectServer other = new(_ => ObjectServer.Taken);
        using ObjectServer server = new(_ => $"HTTP/1.1 307 Elsewhere\r\nLocation: {other.Url}\r\nContent-Length: 0\r\n\r\n");

        Assert.EndsWith(": it answers 307", Send(server.Url), StringComparison.Ordinal);

        Assert.Empty(other.Puts);
    }

    [Fact]
    public void An_endless_refusal_is_read_only_in_part()
    {
        using ObjectServer server = new(_ => $"HTTP/1.1 403 No\r\n\r\n{new string('x', 20_000)}<Code>Late</Code>");

        Assert.EndsWith(": it answers 403", Send(server.Url), StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_that_says_nothing_is_given_up()
    {
        using ObjectServer server = new(_ => null);

        string problem = Send(server.Url, silence: TimeSpan.FromSeconds(2))!;

        Assert.Contains("it says nothing for 2 s", problem, StringComparison.Ordinal);
        Assert.Equal(3, server.Puts.Count);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/b/k?X-Amz-Signature=secret", "http://127.0.0.1:1: Connection refused")]
    [InlineData("https://no-such-store.invalid/b/k?X-Amz-Signature=secret", "https://no-such-store.invalid: its name can't be resolved")]
    public void A_server_that_is_not_there_is_named_without_the_address_of_the_part(string address, string problem) =>
        Assert.Equal(problem, Send(address));

    [Fact]
    public void A_server_of_an_authority_that_nobody_trusts_gets_no_byte()
    {
        using ObjectServer server = new(_ => ObjectServer.Taken, hasTls: true);

        Assert.Contains(": the TLS connection failed: ", Send(server.Url), StringComparison.Ordinal);

        Assert.Empty(server.Puts);
    }

    [Fact]
    public void The_authorities_of_the_request_are_trusted()
    {
        using ObjectServer server = new(_ => ObjectServer.Taken, hasTls: true);

        Assert.Null(Send(server.Url, new TrustedAuthorities(server.Authority)));

        Assert.Equal(Part, Assert.Single(server.Puts).Body);
    }

    [Fact]
    public void A_text_without_a_certificate_is_no_authority() =>
        Assert.Throws<CryptographicException>(() => new TrustedAuthorities("nothing"));

    private static string? Send(string url, TrustedAuthorities? authorities = null, TimeSpan? silence = null)
    {
        using StoreConnection store = new(authorities)
        {
            FirstPause = TimeSpan.FromMilliseconds(10),
            MaxSilence = silence ?? TimeSpan.FromSeconds(30),
        };
        return new PartSender(store).Send(new(url), Part, SHA256.HashData(Part));
    }
}
