using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Tests.Tsdb;

public sealed class BlockAuditTests
{
    private readonly BlockAudit _audit = new();

    [Fact]
    public void Two_sound_blocks_have_no_problem_and_are_tallied()
    {
        AddBlock(SampleBlock.Ulid);
        AddBlock(SampleBlock.OtherUlid);
        _audit.Finish();

        Assert.Empty(_audit.Problems);
        Assert.Equal((2, 480), (_audit.Tally.Blocks, _audit.Tally.Samples));
    }

    [Fact]
    public void A_block_without_tombstones_is_sound()
    {
        AddBlock(SampleBlock.Ulid, without: "tombstones");
        _audit.Finish();

        Assert.Empty(_audit.Problems);
    }

    [Theory]
    [InlineData("index", "has no sound index")]
    [InlineData("meta.json", "has no sound meta.json")]
    [InlineData("chunks/000001", "has no chunks/000001")]
    public void A_block_without_what_Prometheus_needs_is_noted(string missing, string problem)
    {
        AddBlock(SampleBlock.Ulid, without: missing);
        AddBlock(SampleBlock.OtherUlid);
        _audit.Finish();

        Assert.Equal([$"block {SampleBlock.Ulid} {problem}"], _audit.Problems);
    }

    [Fact]
    public void What_one_block_has_counts_for_no_other()
    {
        AddBlock(SampleBlock.Ulid);
        Add(SampleBlock.OtherUlid, "tombstones", SampleBlock.Tombstones());
        AddBlock("01J5QZ8X0M3N4P5Q6R7S8T9V0Y", without: "chunks/000001");
        _audit.Finish();

        Assert.Equal(
            [
                $"block {SampleBlock.OtherUlid} has no sound index",
                $"block {SampleBlock.OtherUlid} has no sound meta.json",
                "block 01J5QZ8X0M3N4P5Q6R7S8T9V0Y has no chunks/000001",
            ],
            _audit.Problems);
        Assert.Equal([0, 2, 1], _audit.Blocks.Select(block => block.Problems.Count));
    }

    [Fact]
    public void A_block_without_chunks_needs_no_segment_and_its_size_is_that_of_its_files()
    {
        Add(SampleBlock.Ulid, "index", SampleBlock.Index());
        Add(SampleBlock.Ulid, "meta.json", SampleBlock.Meta(chunks: 0));
        _audit.Finish();

        Assert.Empty(_audit.Problems);
        Assert.Equal(SampleBlock.Index().Length + SampleBlock.Meta(chunks: 0).Length, Assert.Single(_audit.Blocks).SizeBytes);
    }

    [Fact]
    public void A_missing_segment_between_others_is_noted()
    {
        AddBlock(SampleBlock.Ulid, then: [("chunks/000003", SampleBlock.Segment(7))]);
        _audit.Finish();

        Assert.Equal([$"block {SampleBlock.Ulid} has no chunks/000002"], _audit.Problems);
    }

    [Fact]
    public void Damage_is_noted_by_block_and_file_and_the_other_blocks_still_count()
    {
        AddBlock(SampleBlock.Ulid, damage: "chunks/000001");
        AddBlock(SampleBlock.OtherUlid);
        _audit.Finish();

        Assert.Equal([$"block {SampleBlock.Ulid}, chunks/000001: segment: the checksum of a chunk does not match"], _audit.Problems);
        Assert.Equal(2, _audit.Tally.Blocks);
    }

    [Fact]
    public void A_damaged_index_is_noted_as_damaged_and_as_missing()
    {
        AddBlock(SampleBlock.Ulid, damage: "index");
        _audit.Finish();

        Assert.Equal(
            [$"block {SampleBlock.Ulid}, index: index: the checksum of its table of contents does not match", $"block {SampleBlock.Ulid} has no sound index"],
            _audit.Problems);
    }

    [Fact]
    public void A_meta_json_of_another_block_is_noted()
    {
        Add(SampleBlock.Ulid, "chunks/000001", SampleBlock.Segment(7));
        Add(SampleBlock.Ulid, "index", SampleBlock.Index());
        Add(SampleBlock.Ulid, "meta.json", SampleBlock.Meta(SampleBlock.OtherUlid));
        _audit.Finish();

        Assert.Equal([$"block {SampleBlock.Ulid}: its meta.json belongs to {SampleBlock.OtherUlid}"], _audit.Problems);
    }

    [Fact]
    public void Files_beside_blocks_are_no_blocks()
    {
        Add("notes", "meta.json", [1, 2, 3]);
        _audit.StartFile("README");
        _audit.Append([1]);
        _audit.FinishFile();
        _audit.Finish();

        Assert.Empty(_audit.Problems);
        Assert.Equal(0, _audit.Tally.Blocks);
    }

    private void AddBlock(string ulid, string? without = null, string? damage = null, (string File, byte[] Content)[]? then = null)
    {
        List<(string File, byte[] Content)> files = [("chunks/000001", SampleBlock.Segment(40, 300)), .. then ?? [], ("index", SampleBlock.Index()), ("meta.json", SampleBlock.Meta(ulid)), ("tombstones", SampleBlock.Tombstones())];
        foreach ((string file, byte[] content) in files.Where(each => each.File != without))
        {
            if (file == damage)
            {
                content[^10] ^= 1;
            }

            Add(ulid, file, content);
        }
    }

    private void Add(string block, string file, ReadOnlySpan<byte> content)
    {
        _audit.StartFile($"{block}/{file}");
        _audit.Append(content);
        _audit.FinishFile();
    }
}
