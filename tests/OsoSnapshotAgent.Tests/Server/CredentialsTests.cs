using System.Text;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>
/// Tests that secrets are sent only to the server, as the RFCs say, and that a file without a secret is a fault of the
/// settings.
/// </summary>
public sealed class CredentialsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sends_user_and_password_and_shows_neither()
    {
        string password = _directory.Write("password", "hunter2\n");
        using FakeServer server = FakeServer.Prometheus(() => FakeServer.Answer(500, "x", "x"));
        using Agent agent = new(_directory, new AgentSettings { Username = "admin", PasswordFile = password });

        await Assert.ThrowsAnyAsync<OperatorException>(() => agent.Client.SnapshotAsync(Agent.Server(server.Url), Token));

        string head = server.Requests.Single().Head;
        Assert.Contains("Authorization: Basic YWRtaW46aHVudGVyMg==", head, StringComparison.Ordinal);
        Assert.Contains("> Authorization: ***", agent.Transcript.Lines);
        Assert.DoesNotContain("YWRtaW4", agent.Transcript.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", agent.Transcript.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sends_a_token_from_the_targets_container()
    {
        _directory.Write("root/var/run/oso-test/token", "s3cret\r\n");
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = new(
            _directory,
            new AgentSettings { BearerTokenFile = "/var/run/oso-test/token" },
            target: Agent.Beside(_directory.Root, process: _directory.Root));

        await agent.Client.ProbeAsync(server.Url, Token);

        Assert.All(
            server.Requests,
            request => Assert.Contains("Authorization: Bearer s3cret\n", request.Head, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("missing", ": No such file or directory")]
    [InlineData("", " is not a regular file")]
    public async Task A_secret_that_cannot_be_read_is_a_fault_of_the_settings(string file, string reason)
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = new(_directory, new AgentSettings { BearerTokenFile = _directory.PathOf(file) });

        await Expect.FailureAsync(
            () => agent.Client.ProbeAsync(server.Url, Token),
            ExitStatus.Settings,
            $"OSO_SNAPSHOT_BEARER_TOKEN_FILE: {_directory.PathOf(file)} can't be used: {_directory.PathOf(file)}{reason}",
            "Name a file that the agent can read");
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("\r\n\n", "it is empty")]
    [InlineData("hunter2\nhunter3", "it holds more than one line")]
    [InlineData("hunter2\rhunter3\n", "it holds more than one line")]
    [InlineData("hunter2\n\nhunter3\n", "it holds more than one line")]
    [InlineData("hunter2\0", "it holds a control character")]
    [InlineData("hunter2\t", "it holds a control character")]
    public async Task A_secret_of_any_kind_is_one_line_of_text(string content, string reason)
    {
        await TokenIsRefusedAsync(Encoding.UTF8.GetBytes(content), reason);
        await PasswordIsRefusedAsync(Encoding.UTF8.GetBytes(content), reason);
    }

    [Theory]
    [InlineData("hunter2 hunter3")]
    [InlineData(" hunter2")]
    [InlineData("hunter\u00e9")]
    [InlineData("hunter\u2028")]
    public Task A_token_is_of_the_characters_that_the_header_can_carry(string content) => TokenIsRefusedAsync(
        Encoding.UTF8.GetBytes(content),
        "it holds a blank or a character beyond ASCII, which an Authorization header can't carry");

    [Theory]
    [InlineData(new byte[] { (byte)'h', 0xE9, (byte)'2' })]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'h', 0, (byte)'u', 0 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public async Task A_secret_that_is_not_UTF_8_is_refused(byte[] content)
    {
        await TokenIsRefusedAsync(content, "it is not UTF-8 text");
        await PasswordIsRefusedAsync(content, "it is not UTF-8 text");
    }

    [Fact]
    public async Task A_secret_has_at_most_64_KiB()
    {
        string file = _directory.Write("secret", new string('x', 64 * 1024));
        await SendAsync(new AgentSettings { BearerTokenFile = file }, "Authorization: Bearer xxx");

        byte[] tooLong = Encoding.UTF8.GetBytes(new string('x', (64 * 1024) + 1));
        await TokenIsRefusedAsync(tooLong, "it has more than 65536 bytes");
        await PasswordIsRefusedAsync(tooLong, "it has more than 65536 bytes");
    }

    [Fact]
    public async Task A_password_may_hold_blanks_and_other_letters_and_a_byte_order_mark_is_no_part_of_it()
    {
        string password = _directory.Write("password", [0xEF, 0xBB, 0xBF, .. "pass \u00e9:\n"u8]);

        await SendAsync(
            new AgentSettings { Username = "admin", PasswordFile = password },
            "Authorization: Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("admin:pass \u00e9:")));
    }

    public void Dispose() => _directory.Dispose();

    private async Task SendAsync(AgentSettings settings, string header)
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = new(_directory, settings);

        await agent.Client.ProbeAsync(server.Url, Token);

        Assert.All(server.Requests, request => Assert.Contains(header, request.Head, StringComparison.Ordinal));
    }

    private Task TokenIsRefusedAsync(byte[] content, string reason)
    {
        string file = _directory.Write("secret", content);
        return AssertRefusedAsync(
            new() { BearerTokenFile = file }, $"OSO_SNAPSHOT_BEARER_TOKEN_FILE: {file} can't be used: {reason}.");
    }

    private Task PasswordIsRefusedAsync(byte[] content, string reason)
    {
        string file = _directory.Write("secret", content);
        return AssertRefusedAsync(
            new() { Username = "admin", PasswordFile = file },
            $"OSO_SNAPSHOT_PASSWORD_FILE: {file} can't be used: {reason}.");
    }

    private async Task AssertRefusedAsync(AgentSettings settings, string problem)
    {
        using FakeServer server = FakeServer.Prometheus(() => []);
        using Agent agent = new(_directory, settings);

        OperatorException failure = await Assert.ThrowsAnyAsync<OperatorException>(
            () => agent.Client.ProbeAsync(server.Url, Token));

        Expect.Failure(failure, ExitStatus.Settings, problem, "with the secret as its one line");
        Assert.DoesNotContain("hunter", failure + agent.Transcript.Text, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }
}
