using System.Net;
using System.Net.Sockets;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>Tests when a block that arrives gets its name, and what the owner of the directory may do meanwhile.</summary>
public sealed class BlockPlacementTests : IDisposable
{
    private const string Ulid = SampleBlock.Ulid;
    private const string Scratch = Ulid + ".tmp-for-creation";
    private const long HeadStart = SampleBlock.MaxTime;

    private readonly TempDirectory _source = new();
    private readonly TempDirectory _data = new();
    private readonly OfferedBlock _offered;
    private byte[] _archive;

    public BlockPlacementTests()
    {
        SampleBlock.Write(_source.Root, Ulid);
        (_offered, _archive) = Pack();
    }

    [Fact]
    public async Task A_whole_and_sound_block_gets_its_name_and_nothing_else_is_left()
    {
        await PlaceAsync(_offered);

        Assert.Equal([Ulid], Names());
        Assert.Equal(0, SystemTool.Run("diff", "-r", _source.PathOf(Ulid), _data.PathOf(Ulid)).Status);
    }

    [Fact]
    public async Task An_archive_with_a_changed_byte_gives_no_block_or_the_same_one()
    {
        byte[] sound = _archive;
        int refused = 0;
        for (int position = 20; position < sound.Length - 8; position += 97)
        {
            _archive = [.. sound];
            _archive[position] ^= 0x40;
            try
            {
                await PlaceAsync(_offered);

                // Some bits of a gzip file mean nothing.
                Assert.Equal(0, SystemTool.Run("diff", "-r", _source.PathOf(Ulid), _data.PathOf(Ulid)).Status);
                Directory.Delete(_data.PathOf(Ulid), recursive: true);
            }
            catch (OperatorException)
            {
                refused++;
                Assert.Empty(Names());
            }
        }

        Assert.InRange(refused, 5, int.MaxValue);
    }

    [Fact]
    public async Task A_block_that_the_client_gives_up_gets_no_name()
    {
        await Assert.ThrowsAsync<ConnectionBrokenException>(() => PlaceAsync(_offered, frames =>
        {
            frames.Write(_archive.AsSpan(0, _archive.Length / 2));
            frames.GiveUp();
        }));

        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_block_whose_connection_breaks_gets_no_name()
    {
        await Assert.ThrowsAsync<ConnectionBrokenException>(
            () => PlaceAsync(_offered, frames => frames.Write(_archive.AsSpan(0, _archive.Length / 2))));

        Assert.Empty(Names());
    }

    [Theory]
    [InlineData("SHA-256")]
    [InlineData("other times")]
    [InlineData("fingerprint")]
    public async Task A_block_that_differs_from_the_backups_list_gets_no_name(string what)
    {
        OfferedBlock offered = what switch
        {
            "SHA-256" => _offered with { Sha256 = new string('0', 64) },
            "other times" => _offered with { To = _offered.To + 1 },
            _ => _offered with { Fingerprint = "0123456789abcdef" },
        };

        OperatorException refused = await Assert.ThrowsAsync<OperatorException>(() => PlaceAsync(offered));

        Assert.Equal(ExitStatus.ArchiveFailed, refused.Status);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_block_that_the_head_has_reached_meanwhile_gets_no_name()
    {
        OperatorException refused = await Assert.ThrowsAsync<OperatorException>(
            () => PlaceAsync(_offered, headStart: HeadStart - 1));

        Assert.Equal(ExitStatus.PrometheusRefused, refused.Status);
        Assert.Contains("the server would lose its own", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--leave-out-overlap", refused.Remedy, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_block_whose_meta_json_asks_for_its_deletion_gets_no_name()
    {
        OfferedBlock offered = Change("\"level\": 1", "\"level\": 1, \"deletable\": true");

        OperatorException refused = await Assert.ThrowsAsync<OperatorException>(() => PlaceAsync(offered));

        Assert.Contains("asks Prometheus to delete", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_block_with_chunks_of_an_encoding_that_nobody_knows_gets_no_name()
    {
        byte[] unknown = SampleBlock.Chunk(40, SampleBlock.MinTime);
        unknown[0] = 0xEE;
        _source.Write($"{Ulid}/chunks/000001", SampleBlock.SegmentOf(unknown, SampleBlock.Chunk(3000, SampleBlock.MinTime)));
        (OfferedBlock offered, _archive) = Pack();

        OperatorException refused = await Assert.ThrowsAsync<OperatorException>(() => PlaceAsync(offered));

        Assert.Contains("chunks of an encoding that oso-snapshot ", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_block_with_an_index_of_a_later_version_gets_no_name()
    {
        byte[] index = SampleBlock.Index();
        index[4] = 4;
        _source.Write($"{Ulid}/index", index);
        (OfferedBlock offered, _archive) = Pack();

        OperatorException refused = await Assert.ThrowsAsync<OperatorException>(() => PlaceAsync(offered));

        Assert.Contains("version 4", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Theory]
    [InlineData(SampleBlock.OtherUlid, SampleBlock.MaxTime, true)]
    [InlineData(Ulid, SampleBlock.MaxTime, false)]
    [InlineData(SampleBlock.OtherUlid, SampleBlock.MaxTime + 1, false)]
    public async Task A_block_replaces_only_a_block_of_the_server_that_it_was_made_of(string source, long end, bool isMadeOf)
    {
        SampleBlock.Write(_data.Root, SampleBlock.OtherUlid, maxTime: end);
        OfferedBlock offered = Change(
            $"\"sources\": [ \"{Ulid}\" ]",
            $"\"sources\": [ \"{source}\" ], \"parents\": [ {{ \"ulid\": \"{SampleBlock.OtherUlid}\" }} ]");

        Exception? refused = await Record.ExceptionAsync(() => PlaceAsync(offered));

        Assert.Equal(isMadeOf, refused is null);
        Assert.Equal(isMadeOf ? [Ulid, SampleBlock.OtherUlid] : [SampleBlock.OtherUlid], Names());
        Assert.True(isMadeOf || refused!.Message.Contains("Prometheus would delete that block", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("directory")]
    [InlineData("file")]
    public async Task What_has_the_blocks_name_meanwhile_is_not_replaced(string what)
    {
        await Assert.ThrowsAnyAsync<IOException>(() => PlaceAsync(_offered, beforeRename: () => Plant(what)));

        Assert.Equal([Ulid], Names());
        Assert.False(File.Exists(_data.PathOf($"{Ulid}/meta.json")));
    }

    [Fact]
    public async Task A_directory_that_was_swapped_for_another_one_gets_no_name()
    {
        await Assert.ThrowsAnyAsync<IOException>(() => PlaceAsync(_offered, beforeRename: () =>
        {
            Directory.Move(_data.PathOf($"{Scratch}/{Ulid}"), _data.PathOf("stolen"));
            SampleBlock.Write(_data.PathOf(Scratch), Ulid);
        }));

        Assert.False(Directory.Exists(_data.PathOf(Ulid)));
        Assert.True(File.Exists(_data.PathOf($"{Scratch}/{Ulid}/meta.json")));
    }

    [Fact]
    public async Task A_file_that_was_cut_after_it_was_judged_gets_no_name()
    {
        await Assert.ThrowsAnyAsync<IOException>(() => PlaceAsync(
            _offered, beforeRename: () => File.WriteAllBytes(_data.PathOf($"{Scratch}/{Ulid}/index"), [])));

        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_link_in_place_of_the_directory_of_the_restore_leads_nowhere()
    {
        using TempDirectory elsewhere = new();

        await PlaceAsync(_offered, beforeRename: () =>
        {
            Directory.Move(_data.PathOf(Scratch), _data.PathOf("moved"));
            _data.Link(Scratch, elsewhere.Root);
        });

        Assert.Empty(elsewhere.Content());
        Assert.True(File.Exists(_data.PathOf($"{Ulid}/meta.json")));
    }

    [Fact]
    public async Task Without_room_beyond_the_reserve_nothing_is_written()
    {
        OperatorException refused = await Assert.ThrowsAsync<OperatorException>(
            () => PlaceAsync(_offered, settings: new() { Reserve = new(0, 100) }));

        Assert.Equal(ExitStatus.NoRoom, refused.Status);
        Assert.Empty(Names());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _source.Dispose();
        _data.Dispose();
    }

    private (OfferedBlock Offered, byte[] Archive) Pack()
    {
        using DirectoryHandle parent = _source.Open();
        BlockDescription block = BlockDescription.Of(parent, SampleBlock.Id);
        using DirectoryHandle directory = parent.OpenDirectory(Ulid);
        using MemoryStream packed = new();
        new BlockArchive(directory, SampleBlock.Id, SampleData.NoReserve).Write(packed, 0, long.MaxValue);
        OfferedBlock offered = new()
        {
            Ulid = Ulid,
            Fingerprint = block.Fingerprint,
            From = SampleBlock.MinTime,
            To = SampleBlock.MaxTime,
            Bytes = block.Bytes,
        };
        return (offered, packed.ToArray());
    }

    // Changes meta.json before the block is packed.
    private OfferedBlock Change(string text, string other)
    {
        string path = _source.PathOf($"{Ulid}/meta.json");
        string meta = File.ReadAllText(path);
        Assert.Contains(text, meta, StringComparison.Ordinal);
        File.WriteAllText(path, meta.Replace(text, other, StringComparison.Ordinal));
        (OfferedBlock offered, _archive) = Pack();
        return offered;
    }

    private string[] Names() =>
        [.. Directory.GetFileSystemEntries(_data.Root).Select(path => Path.GetFileName(path)).Where(name => name != "termination-log").Order(StringComparer.Ordinal)];

    private void Plant(string what)
    {
        if (what == "link")
        {
            _data.Link(Ulid, "/nowhere");
        }
        else if (what == "file")
        {
            _data.Write(Ulid, "x");
        }
        else
        {
            _data.Make(Ulid);
        }
    }

    // The server is asked for its head right before the block gets its name.
    private async Task PlaceAsync(
        OfferedBlock offered,
        Action<FrameWriter>? send = null,
        Action? beforeRename = null,
        long? headStart = null,
        OsoSnapshotAgent.Settings.AgentSettings? settings = null)
    {
        using FakeServer server = new(request =>
        {
            beforeRename?.Invoke();
            return FakeServer.Answer(
                200, "OK", $"{{\"status\":\"success\",\"data\":{{\"headStats\":{{\"minTime\":{headStart ?? HeadStart}}}}}}}");
        });
        using Agent agent = new(_data, settings ?? SampleData.NoReserve);
        agent.Time.Advance(TimeSpan.FromDays(3650));
        (Socket ours, Socket clients) = await PairAsync();
        using ClientConnection connection = new(ours);
        using NetworkStream stream = new(clients, ownsSocket: true);
        Task sending = Task.Run(
            () =>
            {
                FrameWriter frames = new(stream);
                if (send is not null)
                {
                    send(frames);
                }
                else
                {
                    frames.Write(_archive);
                    frames.End();
                }

                clients.Shutdown(SocketShutdown.Send);
            },
            Token);
        LiveServer live = new(agent.Client, Agent.Server(server.Url));
        await agent.Get<BlockPlacement>().RunAsync(
            SampleBlock.Id, offered, new(agent.Target, live, new FrameReader(connection)), Token);
        await sending;
    }

    private static async Task<(Socket Ours, Socket Clients)> PairAsync()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Socket clients = new(SocketType.Stream, ProtocolType.Tcp);
        await clients.ConnectAsync(listener.LocalEndpoint, Token);
        return (await listener.AcceptSocketAsync(Token), clients);
    }
}
