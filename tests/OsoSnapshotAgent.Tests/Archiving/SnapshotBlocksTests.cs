using System.Text.Json;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class SnapshotBlocksTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock().WithBlock(SampleBlock.OtherUlid);

    [Fact]
    public void Lists_the_blocks_by_name_with_what_their_meta_tells()
    {
        SnapshotBlock[] blocks = List(headBlock: SampleBlock.OtherUlid);

        Assert.Equal(new[] { SampleBlock.Ulid, SampleBlock.OtherUlid }.Order(StringComparer.Ordinal), blocks.Select(block => block.Ulid));
        SnapshotBlock block = blocks.Single(block => block.Ulid == SampleBlock.Ulid);
        Assert.Equal(
            ("block", SampleBlock.MinTime, SampleBlock.MaxTime, 240L),
            (block.Kind, block.From, block.To, block.Samples));
        Assert.Equal("head", blocks.Single(block => block.Ulid == SampleBlock.OtherUlid).Kind);
        long bytes = Directory.EnumerateFiles(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid), "*", SearchOption.AllDirectories)
            .Sum(path => new FileInfo(path).Length);
        Assert.Equal(bytes, block.Bytes);
        Assert.Equal(
            $"{block.Ulid}\t{block.Fingerprint}\tblock\t{block.From}\t{block.To}\t{block.Bytes}\t{block.Series}\t240",
            block.ToString());
    }

    [Fact]
    public void Is_an_array_of_objects_with_the_same_names_in_JSON()
    {
        string json = JsonSerializer.Serialize(List(), ControlJson.Default.SnapshotBlockArray);

        Assert.StartsWith($$"""[{"ulid":"{{SampleBlock.Ulid}}","fingerprint":""", json, StringComparison.Ordinal);
        Assert.Equal(
            ["ulid", "fingerprint", "kind", "from", "to", "bytes", "series", "samples"],
            JsonDocument.Parse(json).RootElement[0].EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("meta.json")]
    [InlineData("tombstones")]
    public void The_fingerprint_changes_with_what_may_change(string file)
    {
        string before = Fingerprint();
        string path = Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, file);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^2] ^= 1;
        File.WriteAllBytes(path, bytes);

        Assert.NotEqual(before, Fingerprint());
    }

    [Fact]
    public void A_damaged_meta_has_no_times_and_is_listed_all_the_same()
    {
        File.WriteAllText(Path.Join(_sample.SnapshotPath, SampleBlock.Ulid, "meta.json"), "{");

        SnapshotBlock block = List().Single(block => block.Ulid == SampleBlock.Ulid);

        Assert.Equal((0L, 0L, 0L), (block.From, block.To, block.Samples));
    }

    [Fact]
    public void A_link_in_a_block_is_refused()
    {
        _sample.Directory.Link($"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/link", "/etc/passwd");

        Expect.Failure(() => List(), ExitStatus.ArchiveFailed, "is neither a file nor a directory", "delete it");
    }

    public void Dispose() => _sample.Dispose();

    private SnapshotBlock[] List(string? headBlock = null)
    {
        using SnapshotBlocks snapshot = new(Agent.Beside(_sample.Directory.Root), _sample.Snapshot, headBlock);
        return snapshot.List();
    }

    private string Fingerprint() => List().Single(block => block.Ulid == SampleBlock.Ulid).Fingerprint;
}
