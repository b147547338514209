using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>Tests each documented refusal of the snapshot request, and the message to the operator.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Theory]
    [InlineData("""{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}""")]
    [InlineData("""{"status":"error","errorType":"unavailable","error":"Admin APIs disabled"}""")]
    public async Task The_admin_API_that_is_off(string body) => await AssertRefusedAsync(
        FakeServer.Answer(500, "Internal Server Error", body), ExitStatus.PrometheusRefused, "The admin API of the Prometheus at ", "--web.enable-admin-api");

    [Fact]
    public async Task No_space_for_the_head() => await AssertRefusedAsync(
        FakeServer.Answer(500, "Internal Server Error", """{"status":"error","errorType":"internal","error":"create snapshot: snapshot head block: preallocate: no space left on device"}"""),
        ExitStatus.NoRoom, "Prometheus has no room for the snapshot: create snapshot: snapshot head block: preallocate: no space left on device", "OSO_SNAPSHOT_SKIP_HEAD=yes");

    [Theory]
    [InlineData(404, "Not Found")]
    [InlineData(405, "Method Not Allowed")]
    public async Task A_wrong_path(int status, string reason) => await AssertRefusedAsync(
        FakeServer.Answer(status, reason, "404 page not found\n", "text/plain"), ExitStatus.PrometheusRefused,
        $"/api/v1/admin/tsdb/snapshot answered {status} {reason}: there is no Prometheus API under this path.", "CLUSTER_NAME_PREFIX");

    [Theory]
    [InlineData(401, "Unauthorized")]
    [InlineData(403, "Forbidden")]
    public async Task Missing_credentials(int status, string reason) => await AssertRefusedAsync(
        FakeServer.Answer(status, reason, reason, "text/plain"), ExitStatus.PrometheusRefused,
        $"answered {status} {reason}: the credentials are missing or wrong.", "OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_PASSWORD_FILE");

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_which_is_not_followed(int status)
    {
        using FakeServer elsewhere = FakeServer.Prometheus(() => FakeServer.Answer(200, "OK", "{}"));

        await AssertRefusedAsync(
            FakeServer.Answer(status, "Moved", "", extraHeaders: $"Location: {elsewhere.Url}api/v1/admin/tsdb/snapshot\r\n"), ExitStatus.PrometheusRefused,
            $"answered {status} Moved to {elsewhere.Url}api/v1/admin/tsdb/snapshot. The agent follows no redirects.", "OSO_SNAPSHOT_URL");

        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task A_server_that_is_starting() => await AssertRefusedAsync(
        FakeServer.Answer(503, "Service Unavailable", "Service Unavailable", "text/plain"), ExitStatus.PrometheusRefused,
        "answered 503 Service Unavailable: Service Unavailable", "replays its write-ahead log");

    [Fact]
    public async Task A_server_that_speaks_HTTPS() => await AssertRefusedAsync(
        FakeServer.Answer(400, "Bad Request", "Client sent an HTTP request to an HTTPS server.\n", "text/plain"), ExitStatus.PrometheusRefused,
        "answered 400 Bad Request: it speaks HTTPS.", "OSO_SNAPSHOT_URL=https://");

    [Fact]
    public async Task Any_other_error_in_Prometheus_own_words() => await AssertRefusedAsync(
        FakeServer.Answer(500, "Internal Server Error", """{"status":"error","errorType":"internal","error":"create snapshot: create snapshot dir: any other reason"}"""),
        ExitStatus.PrometheusRefused, "answered 500 Internal Server Error: create snapshot: create snapshot dir: any other reason", "kubectl logs POD -c CONTAINER");

    [Fact]
    public async Task A_long_error_in_one_line_of_bounded_length()
    {
        OperatorException failure = await AssertRefusedAsync(
            FakeServer.Answer(500, "Internal Server Error", "one\ntwo" + new string('x', 5000), "text/plain"), ExitStatus.PrometheusRefused, ": one two", "kubectl logs");

        Assert.True(failure.Message.Length < 500);
        Assert.Contains(" … ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_error_keeps_its_end_and_the_names_of_block_and_file()
    {
        string path = "/prometheus/" + string.Concat(Enumerable.Repeat("long-directory/", 30));
        string error = $"create snapshot: link {path}01ARZ3NDEKTSV4RRFFQ69G5FAV/index {path}snapshots/index: any other reason";

        OperatorException failure = await AssertRefusedAsync(
            FakeServer.Answer(500, "Internal Server Error", $$"""{"status":"error","error":"{{error}}"}"""),
            ExitStatus.PrometheusRefused, "link …/01ARZ3NDEKTSV4RRFFQ69G5FAV/index …/snapshots/index: any other reason", "kubectl logs");

        Assert.DoesNotContain("long-directory", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>a proxy's own page</html>")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    public async Task An_answer_of_200_that_is_no_JSON_of_Prometheus(string body) => await AssertRefusedAsync(
        FakeServer.Answer(200, "OK", body, "text/html"), ExitStatus.PrometheusRefused, "/api/v1/admin/tsdb/snapshot answered 200 OK", "");

    [Theory]
    [InlineData("../../../etc")]
    [InlineData("20250820T165101Z-../../wal")]
    [InlineData("")]
    public async Task A_name_that_would_leave_the_directory(string name) => await AssertRefusedAsync(
        FakeServer.Answer(200, "OK", $$$"""{"status":"success","data":{"name":"{{{name}}}"}}"""), ExitStatus.PrometheusRefused,
        $"'{name}' is not a name that Prometheus gives a snapshot", "OSO_SNAPSHOT_URL");

    [Fact]
    public async Task An_answer_that_claims_an_unknown_encoding() => await AssertRefusedAsync(
        FakeServer.Answer(500, "Internal Server Error", """{"status":"error","error":"any reason"}""", "application/json; charset=zorglub"),
        ExitStatus.PrometheusRefused, "answered 500 Internal Server Error: any reason", "kubectl logs");

    [Fact]
    public async Task A_missing_name() => await AssertRefusedAsync(
        FakeServer.Answer(200, "OK", """{"status":"success"}"""), ExitStatus.PrometheusRefused, "'' is not a name that Prometheus gives a snapshot", "OSO_SNAPSHOT_URL");

    [Theory]
    [InlineData("Content-Length: 1500000\r\n\r\n")]
    [InlineData("Connection: close\r\n\r\n")]
    public async Task An_answer_that_is_too_long_to_be_read(string headers) => await AssertRefusedAsync(
        [.. System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{headers}"), .. new byte[1_500_000]], ExitStatus.PrometheusRefused,
        "the answer can't be read", "OSO_SNAPSHOT_URL");

    [Fact]
    public async Task An_answer_that_is_not_HTTP() => await AssertRefusedAsync(
        "SSH-2.0-OpenSSH_9.2p1\r\n"u8.ToArray(), ExitStatus.PrometheusRefused, "the connection broke", "kubectl get pod");

    [Theory]
    [InlineData(200, "zorglub")]
    [InlineData(200, """{"status":"success","data":{"name":"zorglub"}}""")]
    [InlineData(302, "zorglub")]
    [InlineData(400, "zorglub")]
    [InlineData(400, "zorglub: Client sent an HTTP request to an HTTPS server.")]
    [InlineData(401, "zorglub")]
    [InlineData(404, "zorglub")]
    [InlineData(405, "zorglub")]
    [InlineData(500, """{"status":"error","error":"zorglub"}""")]
    [InlineData(500, """{"status":"error","error":"admin APIs disabled, zorglub"}""")]
    [InlineData(500, """{"status":"error","error":"zorglub: no space left on device"}""")]
    [InlineData(502, "<html>zorglub</html>")]
    [InlineData(503, """{"status":"error","error":"zorglub"}""")]
    public async Task The_words_of_a_server_stay_out_of_the_termination_message(int status, string body)
    {
        OperatorException failure = await RefusedAsync(
            FakeServer.Answer(status, "zorglub", body, extraHeaders: "Location: http://zorglub/\r\n"));

        string told = TerminationMessage.Compose(failure.Brief, failure.Remedy);
        Assert.DoesNotContain("zorglub", told, StringComparison.Ordinal);
        Assert.DoesNotContain("{", told, StringComparison.Ordinal);
        Assert.Contains(failure.Remedy, told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 zorglub\r\n\r\n")]
    [InlineData("zorglub\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzorglub\r\n")]
    public async Task What_is_not_HTTP_is_not_repeated_in_the_termination_message(string answer)
    {
        OperatorException failure = await RefusedAsync(System.Text.Encoding.ASCII.GetBytes(answer));

        Assert.DoesNotContain("zorglub", failure.Brief, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private async Task<OperatorException> AssertRefusedAsync(byte[] answer, ExitStatus status, string problemPart, string remedyPart)
    {
        OperatorException failure = await RefusedAsync(answer);
        Expect.Failure(failure, status, problemPart, remedyPart);
        return failure;
    }

    private async Task<OperatorException> RefusedAsync(byte[] answer)
    {
        using FakeServer server = FakeServer.Prometheus(() => answer);
        using Agent agent = new(_directory, new AgentSettings());
        OperatorException failure = await Assert.ThrowsAnyAsync<OperatorException>(
            () => agent.Client.SnapshotAsync(Agent.Server(server.Url), TestContext.Current.CancellationToken));
        Assert.Equal(1, server.Posts);
        return failure;
    }
}
