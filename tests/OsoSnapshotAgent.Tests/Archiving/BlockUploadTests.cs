using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class BlockUploadTests : IDisposable
{
    private const int PartBytes = UploadRequest.MinPartBytes;

    private readonly SampleData _sample = new SampleData().WithBlock();
    private readonly ObjectServer _store = new(_ => ObjectServer.Taken);
    private readonly List<UploadEvent> _events = [];

    // The real upload ends its process then.
    private readonly TaskCompletionSource _gone = new();

    [Fact]
    public async Task The_parts_are_the_archive_as_export_writes_it()
    {
        Write("chunks/000002", RandomNumberGenerator.GetBytes(300_000));

        await UploadAsync(_ => new(_store.Url));

        UploadPart[] parts = [.. _events.Select(one => one.Part).OfType<UploadPart>()];
        byte[] archive = Export();
        Assert.Equal(archive, _store.Puts.SelectMany(put => put.Body));
        Assert.Equal(Enumerable.Range(1, (archive.Length / PartBytes) + 1), parts.Select(part => part.Number));
        Assert.Equal(archive.Chunk(PartBytes).Select(part => (part.Length, Sum(part))), parts.Select(part => (part.Bytes, part.Sha256)));
        Assert.Equal(parts.Length, _events.Count(one => one.Sent is { Problem: null }));
        Assert.Equal((archive.Length, Sum(archive)), (End.Bytes, End.Sha256));
        Assert.All(_events, one => Assert.True(one.IsValid()));
    }

    [Fact]
    public async Task A_part_that_the_store_has_is_not_sent()
    {
        Write("chunks/000002", RandomNumberGenerator.GetBytes(200_000));

        await UploadAsync(part => new(part.Number == 2 ? null : _store.Url));

        Assert.Equal(Export().Chunk(PartBytes).Index().Where(part => part.Index != 1).SelectMany(part => part.Item), _store.Puts.SelectMany(put => put.Body));
    }

    [Fact]
    public async Task A_part_that_could_not_be_sent_goes_to_the_next_address()
    {
        using ObjectServer refuses = new(_ => ObjectServer.Refusal(403, "<Code>RequestExpired</Code>"));
        int asked = 0;

        await UploadAsync(_ => new(++asked == 1 ? refuses.Url : _store.Url));

        Assert.Equal([false, true], _events.Select(one => one.Sent).OfType<UploadSent>().Select(sent => sent.Problem is null));
        Assert.Equal(Export(), Assert.Single(_store.Puts).Body);
    }

    [Fact]
    public async Task A_sound_block_has_no_damage_and_no_problem()
    {
        await UploadAsync(_ => new(_store.Url));

        Assert.Null(End.Damage);
        Assert.Empty(End.Problems);
        Assert.InRange(_events[^1].ContentBytes, 1, long.MaxValue);
    }

    [Fact]
    public async Task Damage_on_Prometheus_disk_is_judged_and_sent_as_it_is()
    {
        byte[] segment = SampleBlock.Segment(40, 40);
        segment[^1] ^= 1;
        Write("chunks/000001", segment);

        await UploadAsync(_ => new(_store.Url));

        Assert.Null(End.Damage);
        Assert.Contains($"block {SampleBlock.Ulid}, chunks/000001: ", End.Problems[0], StringComparison.Ordinal);
        Assert.Equal(Export(), Assert.Single(_store.Puts).Body);
    }

    [Fact]
    public async Task A_block_of_another_fingerprint_is_not_the_one_that_was_asked_for()
    {
        await UploadAsync(_ => new(_store.Url), fingerprint: "0123456789abcdef");

        Assert.Contains("has the fingerprint ", End.Damage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/b/k?secret")]
    [InlineData("file:///etc/secret")]
    [InlineData("/secret")]
    [InlineData("http://secret@127.0.0.1/b/k")]
    [InlineData("http://127.0.0.1/b/k?secret", 9000)]
    public async Task What_is_no_address_ends_the_upload_and_is_not_repeated(string address, int letters = 0)
    {
        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(
            () => UploadAsync(_ => new(address + new string('x', letters))));

        Assert.Equal(ExitStatus.Settings, failure.Status);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        Assert.Empty(_store.Puts);
    }

    [Fact]
    public async Task When_the_input_ends_the_process_does_too()
    {
        await UploadAsync(_ => null);

        Assert.True(_gone.Task.IsCompleted);
    }

    public void Dispose()
    {
        _store.Dispose();
        _sample.Dispose();
    }

    private UploadEnd End => _events[^1].End ?? throw new InvalidOperationException("It has not ended.");

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private void Write(string name, byte[] content) =>
        File.WriteAllBytes(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, name), content);

    private byte[] Export()
    {
        using DirectoryHandle block = Open();
        using MemoryStream output = new();
        new BlockArchive(block, SampleBlock.Id, new AgentSettings()).Write(output, 0, long.MaxValue);
        return output.ToArray();
    }

    private DirectoryHandle Open() => DirectoryHandle.Open(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid));

    // The client answers each part, and each failure to send it. null ends the input.
    private async Task UploadAsync(Func<UploadPart, UploadAnswer?> answer, string? fingerprint = null)
    {
        Pipe input = new();
        Pipe output = new();
        UploadDialog dialog = new(input.Reader.AsStream(), output.Writer.AsStream(), _gone.SetResult);
        Task client = AnswerAsync(answer, input.Writer, output.Reader);
        using StoreConnection store = new(authorities: null) { FirstPause = TimeSpan.FromMilliseconds(1) };
        UploadRequest request = new() { Ulid = SampleBlock.Ulid, Fingerprint = fingerprint ?? Fingerprint(), PartBytes = PartBytes };
        using DirectoryHandle block = Open();
        using BlockUpload upload = new(SampleBlock.Id, request, dialog, new(store));
        Task run = Task.Run(() => upload.Run(new(block, SampleBlock.Id, new AgentSettings())), TestContext.Current.CancellationToken);
        if (await Task.WhenAny(run, _gone.Task) == run)
        {
            await output.Writer.CompleteAsync();
            await client;
            await run;
        }
    }

    private async Task AnswerAsync(Func<UploadPart, UploadAnswer?> answer, PipeWriter input, PipeReader output)
    {
        using StreamReader lines = new(output.AsStream());
        UploadPart? part = null;
        while (await lines.ReadLineAsync() is { } line)
        {
            UploadEvent one = JsonSerializer.Deserialize(line, ControlJson.Default.UploadEvent)!;
            _events.Add(one);
            part = one.Part ?? part;
            if (one.Part is null && one.Sent?.Problem is null)
            {
                continue;
            }

            if (answer(part!) is not { } given)
            {
                await input.CompleteAsync();
                return;
            }

            string json = JsonSerializer.Serialize(given, ControlJson.Default.UploadAnswer);
            await input.WriteAsync(Encoding.UTF8.GetBytes(json + "\n"), CancellationToken.None);
        }
    }

    private string Fingerprint()
    {
        using SnapshotBlocks snapshot = new(Agent.Beside(_sample.Directory.Root), _sample.Snapshot, headBlock: null);
        return snapshot.List().Single(block => block.Ulid == SampleBlock.Ulid).Fingerprint;
    }
}
