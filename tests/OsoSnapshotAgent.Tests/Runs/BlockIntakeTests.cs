using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>Tests the talk with a client about blocks that the run fetches from a store itself.</summary>
public sealed class BlockIntakeTests : IDisposable
{
    private const string Ulid = SampleBlock.Ulid;

    private readonly TempDirectory _source = new();
    private readonly TempDirectory _data = new();
    private readonly FakeServer _prometheus = new(_ => FakeServer.Answer(
        200, "OK", $"{{\"status\":\"success\",\"data\":{{\"headStats\":{{\"minTime\":{SampleBlock.MaxTime}}}}}}}"));

    private readonly Agent _agent;
    private readonly ReceiveHandoff _handoff;
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
    private readonly byte[] _archive;
    private readonly OfferedBlock _offered;
    private readonly Task<TakenIn> _run;
    private readonly List<string> _answers = [];

    public BlockIntakeTests()
    {
        SampleBlock.Write(_source.Root, Ulid);
        using DirectoryHandle parent = _source.Open();
        using DirectoryHandle block = parent.OpenDirectory(Ulid);
        using MemoryStream packed = new();
        new BlockArchive(block, SampleBlock.Id, SampleData.NoReserve).Write(packed, 0, long.MaxValue);
        _archive = packed.ToArray();
        BlockDescription description = BlockDescription.Of(parent, SampleBlock.Id);
        _offered = new()
        {
            Ulid = Ulid,
            Fingerprint = description.Fingerprint,
            From = SampleBlock.MinTime,
            To = SampleBlock.MaxTime,
            Bytes = description.Bytes,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(_archive)),
        };
        _agent = new(_data, SampleData.NoReserve);
        _agent.Time.Advance(TimeSpan.FromDays(3650));
        _handoff = new(_agent.Time);
        BlockIntake intake = new(
            _handoff, _agent.Get<BlockPlacement>(), _agent.State, SampleData.NoReserve, _agent.Get<Transcript>(), _agent.Time);
        _run = Task.Run(() => intake.RunAsync(_agent.Target, new(_agent.Client, Agent.Server(_prometheus.Url)), _stop.Token), Token);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_block_comes_from_the_store_while_the_client_sends_nothing_but_its_address()
    {
        using ObjectServer store = Store();
        using NetworkStream client = await AskAsync();

        await SayAsync(client, store.Url);

        Assert.Equal(Ulid, (await HearAsync(client)).Back);
        Assert.Equal([Ulid], (await _run).Present);
        RequireBack();
    }

    [Fact]
    public async Task The_authorities_of_the_client_are_trusted()
    {
        using ObjectServer store = new(get => ObjectServer.Object(get, _archive), hasTls: true);
        using NetworkStream client = await AskAsync(store.Authority);

        await SayAsync(client, store.Url);

        Assert.Equal(Ulid, (await HearAsync(client)).Back);
        RequireBack();
    }

    [Theory]
    [InlineData(403, "it answers 403 AccessDenied")]
    [InlineData(200, "it sends 36 bytes in place of ")]
    public async Task Where_the_store_can_t_give_a_block_its_frames_are_taken(int status, string problem)
    {
        using ObjectServer store = new(_ => ObjectServer.Refusal(status, "<Error><Code>AccessDenied</Code></Er>"[..36]));
        using NetworkStream client = await AskAsync();
        await SayAsync(client, store.Url);
        RestoreEvent told = await HearAsync(client);
        Assert.Contains(problem, told.Unreached, StringComparison.Ordinal);
        Assert.Equal(0, told.FetchedBytes);
        await SayAsync(client, store.Url);
        Assert.Contains(problem, (await HearAsync(client)).Unreached, StringComparison.Ordinal);

        await SayAsync(client, url: null);
        FrameWriter frames = new(client);
        frames.Write(_archive);
        frames.End();

        Assert.Equal(Ulid, (await HearAsync(client)).Back);
        RequireBack();
    }

    [Fact]
    public async Task An_address_that_has_become_too_old_is_replaced_and_the_block_goes_on()
    {
        int half = _archive.Length / 2;
        using ObjectServer store = new(get => !get.Headers.ContainsKey("range") ? ObjectServer.Object(get, _archive, half)
            : get.Target.EndsWith("=secret", StringComparison.Ordinal) ? ObjectServer.Refusal(403, "<Code>AccessDenied</Code>")
            : ObjectServer.Object(get, _archive)) { HangsUp = true };
        using NetworkStream client = await AskAsync();
        await SayAsync(client, store.Url);
        RestoreEvent told = await HearAsync(client);
        Assert.Equal(half, told.FetchedBytes);

        await SayAsync(client, store.Url + "2");

        Assert.Equal(Ulid, (await HearAsync(client)).Back);
        Assert.Equal($"bytes={half}-", store.Puts[^1].Headers["range"]);
        RequireBack();
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_the_fetching_and_the_next_one_begins_anew()
    {
        using ObjectServer silent = new(get => ObjectServer.Object(get, _archive, _archive.Length / 2));
        using NetworkStream first = await AskAsync();
        await SayAsync(first, silent.Url);
        while (!(await LineAsync(first)).Contains($"\"fetchedBytes\":{_archive.Length / 2},", StringComparison.Ordinal))
        {
            // The first line may come before the half.
        }

        first.Socket.Shutdown(SocketShutdown.Send);
        for (int wait = 0; wait < 1200 && !_agent.Transcript.Text.Contains("the client's connection broke", StringComparison.Ordinal); wait++)
        {
            await Task.Delay(100, Token);
        }

        Assert.Contains("the client's connection broke", _agent.Transcript.Text, StringComparison.Ordinal);
        using ObjectServer store = Store();
        using NetworkStream second = await AskAsync();
        await SayAsync(second, store.Url);

        Assert.Equal(Ulid, (await HearAsync(second)).Back);
        RequireBack();
    }

    [Fact]
    public async Task The_end_of_the_run_ends_the_fetching()
    {
        using ObjectServer silent = new(_ => null);
        using NetworkStream client = await AskAsync();
        await SayAsync(client, silent.Url);
        await LineAsync(client);

        await _stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run.WaitAsync(TimeSpan.FromMinutes(2), Token));
        Assert.Empty(Names());
    }

    [Fact]
    public async Task Another_object_of_the_same_length_gives_no_block()
    {
        byte[] other = [.. _archive];
        other[^1] ^= 1;
        using ObjectServer store = new(get => ObjectServer.Object(get, other));
        using NetworkStream client = await AskAsync();

        await SayAsync(client, store.Url);

        OperatorException refused = await FailAsync();
        Assert.Equal(ExitStatus.ArchiveFailed, refused.Status);
        Assert.Contains("SHA-256", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Theory]
    [InlineData("file:///etc/passwd?secret")]
    [InlineData("ftp://127.0.0.1/secret")]
    [InlineData("/bucket/secret")]
    [InlineData("http://user:secret@127.0.0.1/")]
    [InlineData("http://127.0.0.1/secret", 0)]
    [InlineData("http://127.0.0.1/secret", -1)]
    [InlineData("http://127.0.0.1/secret", 1, SampleBlock.OtherUlid)]
    public async Task A_line_that_no_client_sends_ends_the_run_and_is_not_shown(string address, long bytes = 1, string ulid = Ulid)
    {
        using NetworkStream client = await AskAsync();

        await client.WriteAsync(ControlJson.Line(new() { Ulid = ulid, Url = address, FileBytes = bytes }, ControlJson.Default.SentBlock), Token);

        OperatorException refused = await FailAsync();
        Assert.Equal(ExitStatus.Settings, refused.Status);
        Assert.DoesNotContain("secret", $"{refused}{_agent.Transcript.Text}", StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Theory]
    [InlineData(SampleBlock.OtherUlid, 0)]
    [InlineData(Ulid, 1)]
    public async Task An_answer_about_another_object_ends_the_run(string ulid, int more)
    {
        using ObjectServer store = new(_ => ObjectServer.Refusal(404, string.Empty));
        using NetworkStream client = await AskAsync();
        await SayAsync(client, store.Url);
        await HearAsync(client);

        await client.WriteAsync(
            ControlJson.Line(new() { Ulid = ulid, Url = store.Url, FileBytes = _archive.Length + more }, ControlJson.Default.SentBlock), Token);

        Assert.Equal(ExitStatus.Settings, (await FailAsync()).Status);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task Without_a_sum_in_the_list_nothing_is_fetched()
    {
        using ObjectServer store = Store();
        using NetworkStream client = await AskAsync(offered: _offered with { Sha256 = null });

        await SayAsync(client, store.Url);

        await FailAsync();
        Assert.Empty(store.Puts);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _handoff.Dispose();
        _run.ContinueWith(_ => { }, TaskScheduler.Default).Wait(Token);
        _stop.Dispose();
        _agent.Dispose();
        _prometheus.Dispose();
        _source.Dispose();
        _data.Dispose();

        // Nothing that anybody may read has an address.
        Assert.DoesNotContain("secret", _agent.Transcript.Text + string.Concat(_answers), StringComparison.Ordinal);
    }

    private Task<OperatorException> FailAsync() =>
        Assert.ThrowsAsync<OperatorException>(() => _run.WaitAsync(TimeSpan.FromMinutes(2), Token));

    private ObjectServer Store() => new(get => ObjectServer.Object(get, _archive));

    // Connects, offers the block and reads the plan.
    private async Task<NetworkStream> AskAsync(string? authorities = null, OfferedBlock? offered = null)
    {
        using TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint, Token);
        Socket ours = await listener.AcceptSocketAsync(Token);
        while (_handoff.TryGive(ours) is null)
        {
            await Task.Delay(10, Token);
        }

        NetworkStream stream = new(client, ownsSocket: true);
        RestoreRequest request = new() { Blocks = [offered ?? _offered], Authorities = authorities };
        await stream.WriteAsync(ControlJson.Line(request, ControlJson.Default.RestoreRequest), Token);
        Assert.NotNull((await HearAsync(stream)).Plan);
        return stream;
    }

    private async Task SayAsync(NetworkStream client, string? url) => await client.WriteAsync(
        ControlJson.Line(new() { Ulid = Ulid, Url = url, FileBytes = url is null ? 0 : _archive.Length }, ControlJson.Default.SentBlock), Token);

    // The next answer that tells more than progress.
    private async Task<RestoreEvent> HearAsync(NetworkStream client)
    {
        while (true)
        {
            RestoreEvent one = JsonSerializer.Deserialize(await LineAsync(client), ControlJson.Default.RestoreEvent)!;
            if (one is { FetchedBytes: null } or { Unreached: not null })
            {
                return one;
            }
        }
    }

    private async Task<string> LineAsync(NetworkStream client)
    {
        List<byte> line = [];
        byte[] next = new byte[1];
        while (line is not [.., (byte)'\n'])
        {
            await client.ReadExactlyAsync(next, Token);
            line.Add(next[0]);
        }

        _answers.Add(Encoding.UTF8.GetString([.. line]));
        return _answers[^1];
    }

    private void RequireBack()
    {
        Assert.Equal([Ulid], Names());
        Assert.Equal(0, SystemTool.Run("diff", "-r", _source.PathOf(Ulid), _data.PathOf(Ulid)).Status);
    }

    private string[] Names() =>
        [.. Directory.GetFileSystemEntries(_data.Root).Select(path => Path.GetFileName(path)).Where(name => name != "termination-log")];
}
