using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>
/// Answers <c>receive</c> as a run that restores does. It fetches blocks from the store, or takes their frames, and judges
/// them.
/// </summary>
internal sealed class FetchingAgent
{
    private readonly ConcurrentQueue<SentBlock> _lines = [];
    private readonly ConcurrentDictionary<string, OfferedBlock> _back = [];

    /// <summary>What the client has announced, over all connections.</summary>
    public IReadOnlyCollection<SentBlock> Lines => _lines;

    public IEnumerable<string> Urls => _lines.Select(line => line.Url).OfType<string>();

    /// <summary>The ULIDs of the blocks that are in place.</summary>
    public IReadOnlyCollection<string> Back => [.. _back.Keys];

    public RestoreRequest? Request { get; private set; }

    /// <summary>Tells why an announced block can't be fetched, or how much came. null fetches it.</summary>
    public Func<SentBlock, RestoreEvent?> Obstacle { get; set; } = _ => null;

    /// <summary>Changes an answer before the client gets it. null breaks the connection.</summary>
    public Func<RestoreEvent, RestoreEvent?> Says { get; set; } = one => one;

    /// <summary>After which blocks it says nothing more, until the client gives up.</summary>
    public Func<SentBlock, bool> IsSilentAfter { get; set; } = _ => false;

    public async Task<int?> RunAsync(Stream input, Stream output)
    {
        Request = RestoreRequest.TryParse(await LineAsync(input))!;
        PlannedBlock[] plan = [.. Request.Blocks.Select(block => new PlannedBlock
        {
            Ulid = block.Ulid, Fate = _back.ContainsKey(block.Ulid) ? BlockFates.There : BlockFates.Send,
        })];
        bool isOpen = await SayAsync(output, new() { Plan = plan });
        while (isOpen && Request.Blocks.Any(block => !_back.ContainsKey(block.Ulid)))
        {
            string line = await LineAsync(input);
            Assert.NotNull(SentBlock.TryParse(line));
            SentBlock sent = JsonSerializer.Deserialize(line, ControlJson.Default.SentBlock)!;
            _lines.Enqueue(sent);
            if (IsSilentAfter(sent))
            {
                await LineAsync(input);
            }

            RestoreEvent? obstacle = sent.Url is null ? null : Obstacle(sent);
            if (obstacle is null)
            {
                await TakeAsync(sent, input);
                obstacle = new() { Back = sent.Ulid };
            }

            isOpen = await SayAsync(output, obstacle);
        }

        return isOpen ? 0 : null;
    }

    private async Task TakeAsync(SentBlock sent, Stream input)
    {
        OfferedBlock offered = Request!.Blocks.Single(block => block.Ulid == sent.Ulid);
        using HttpClient http = new();
        await using Stream packed = sent.Url is null ? new FrameReader(input) : await FetchAsync(http, sent.Url);
        Assert.True(BlockId.TryParse(sent.Ulid, out BlockId id));
        BlockVerdict verdict = new BlockReading(id, offered.Fingerprint).Run(packed, CancellationToken.None);
        Assert.Equal((null, offered.Sha256), (verdict.Damage, verdict.Sha256.Text));
        _back[sent.Ulid] = offered;
    }

    private static async Task<Stream> FetchAsync(HttpClient http, string url)
    {
        HttpResponseMessage answer = await http.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead);
        return answer.IsSuccessStatusCode
            ? await answer.Content.ReadAsStreamAsync()
            : throw new IOException($"the store answers {answer.StatusCode}");
    }

    private async Task<bool> SayAsync(Stream output, RestoreEvent one)
    {
        if (Says(one) is not { } said)
        {
            return false;
        }

        await output.WriteAsync(ControlJson.Line(said, ControlJson.Default.RestoreEvent));
        return true;
    }

    private static async Task<string> LineAsync(Stream input)
    {
        List<byte> line = [];
        byte[] next = new byte[1];
        while (true)
        {
            await input.ReadExactlyAsync(next);
            if (next[0] == '\n')
            {
                return Encoding.UTF8.GetString([.. line]);
            }

            line.Add(next[0]);
        }
    }
}
