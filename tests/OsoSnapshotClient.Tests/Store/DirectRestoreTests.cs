using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Amazon.Runtime;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Blocks that the agent fetches itself, from a real S3 server, by addresses that the client signs.</summary>
public sealed class DirectRestoreTests(S3Server server) : IAsyncLifetime
{
    private readonly StringWriter _said = new();
    private readonly FetchingAgent _agent = new();
    private BackupSample _sample = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sample = new(new($"s3://{await server.MakeBucketAsync()}/backups/one")
        {
            S3 = new() { Endpoint = server.Endpoint, Credentials = new BasicAWSCredentials(S3Server.AccessKey, S3Server.SecretKey) },
        });
        await _sample.BackUpAsync(_sample.Database("data"));
    }

    public ValueTask DisposeAsync()
    {
        _sample?.Dispose();
        _said.Dispose();
        Assert.DoesNotContain("X-Amz", _said.ToString(), StringComparison.OrdinalIgnoreCase);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_address_is_good_for_reading_one_block_and_for_a_quarter_of_an_hour()
    {
        await DeliverAsync(DirectUse.Only);

        Assert.Equal(2, _agent.Back.Count);
        string[] urls = [.. _agent.Urls];
        Assert.Equal((2, 2), (urls.Length, _agent.Lines.Count));
        Assert.All(urls, url =>
        {
            Assert.Contains("X-Amz-SignedHeaders=host&", url, StringComparison.Ordinal);
            Assert.InRange(int.Parse(Regex.Match(url, "X-Amz-Expires=([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture), 890, 901);
        });
        using HttpClient http = new();
        string other = urls[0].Replace(new Uri(urls[0]).AbsolutePath, new Uri(urls[1]).AbsolutePath, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(new Uri(other), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await http.DeleteAsync(new Uri(urls[0]), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(urls[0]), Token)).StatusCode);
    }

    [Fact]
    public async Task An_address_that_has_become_too_old_is_signed_again_as_long_as_bytes_come()
    {
        long came = 0;
        _agent.Obstacle = _ => came < 50 ? new() { FetchedBytes = came += 10, Unreached = "it answers 403 AccessDenied" } : null;

        await DeliverAsync(DirectUse.Only);

        Assert.Equal(2, _agent.Back.Count);
        Assert.Equal(7, _agent.Urls.Count());
    }

    [Fact]
    public async Task A_pod_that_can_t_reach_the_bucket_is_told_once_and_gets_frames()
    {
        _agent.Obstacle = _ => Unreached;

        await DeliverAsync(DirectUse.Preferred);

        Assert.Equal(2, _agent.Back.Count);
        Assert.Equal(2, _agent.Urls.Count());
        string said = Assert.Single(_said.ToString().Split('\n'), line => line.Contains("The pod", StringComparison.Ordinal));
        Assert.EndsWith(
            $"The pod can't fetch blocks from {server.Endpoint.ToString().TrimEnd('/')}: its name can't be resolved. They go through this machine.",
            said,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_only_a_pod_that_can_t_reach_the_bucket_ends_the_restore()
    {
        _agent.Obstacle = _ => Unreached;

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => DeliverAsync(DirectUse.Only));

        Assert.Equal(ClientStatus.Failed, failure.Status);
        Assert.Contains("The pod can't fetch blocks from ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("leave out =only", failure.Remedy, StringComparison.Ordinal);
        Assert.Empty(_agent.Back);
        Assert.DoesNotContain(_agent.Lines, line => line.Url is null);
    }

    [Fact]
    public async Task After_a_broken_connection_the_block_that_is_missing_gets_a_new_address()
    {
        _agent.Obstacle = _ => _agent.Lines.Count == 2 ? new() { FetchedBytes = 7 } : null;
        _agent.Says = one => one.FetchedBytes == 7 ? null : one;

        await DeliverAsync(DirectUse.Only);

        Assert.Equal(2, _agent.Back.Count);
        Assert.Equal(3, _agent.Urls.Count());
    }

    [Fact]
    public async Task Without_the_option_no_address_is_made()
    {
        await DeliverAsync(DirectUse.No);

        Assert.Equal(2, _agent.Back.Count);
        Assert.Empty(_agent.Urls);
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(null, "01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    public async Task An_answer_that_no_agent_gives_ends_the_restore(int? came, string? back)
    {
        _agent.Obstacle = _ => new() { FetchedBytes = came, Back = back };

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => DeliverAsync(DirectUse.Only));

        Assert.Contains("The agent's answer can't be read", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_falls_silent_while_it_fetches_is_asked_over_another_connection()
    {
        _agent.IsSilentAfter = _ => _agent.Lines.Count == 1;

        await DeliverAsync(DirectUse.Only, stall: TimeSpan.FromSeconds(2)).WaitAsync(TimeSpan.FromMinutes(2), Token);

        Assert.Equal(2, _agent.Back.Count);
    }

    private static RestoreEvent Unreached { get; } = new() { FetchedBytes = 0, Unreached = "its name can't be resolved" };

    private async Task DeliverAsync(DirectUse direct, TimeSpan? stall = null)
    {
        RecordedExec exec = new RecordedExec().Follows(Recorded.Held).On(
            "receive", _ => new([], string.Empty, null) { Talk = _agent.RunAsync });
        PodAccess access = Recorded.Access(exec, _said);
        await using AgentRun run = AgentRun.Follow(new(access, Recorded.Agent), Recorded.Run);
        await run.WaitAsync(_ => true, Token);
        using BackupBlocks source = BackupBlocks.Open(_sample.Place, new(null, null), direct, access.Report, Token);
        CopyOptions options = new()
        {
            Hold = "12h", Streams = 1, Stall = stall ?? TimeSpan.FromSeconds(60), Pause = TimeSpan.Zero, Direct = direct,
        };
        await new BlockDelivery(run, source, new() { Blocks = source.Blocks }, options).RunAsync(Token);
    }
}
