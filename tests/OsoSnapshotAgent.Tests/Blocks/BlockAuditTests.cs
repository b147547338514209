using System.Text;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

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
        byte[] index = SampleIndex.Of([]).Bytes;
        Add(SampleBlock.Ulid, "index", index);
        Add(SampleBlock.Ulid, "meta.json", SampleBlock.Meta(chunks: 0));
        _audit.Finish();

        Assert.Empty(_audit.Problems);
        Assert.Equal(index.Length + SampleBlock.Meta(chunks: 0).Length, Assert.Single(_audit.Blocks).SizeBytes);
    }

    [Fact]
    public void A_missing_segment_between_others_is_noted()
    {
        AddBlock(SampleBlock.Ulid, then: [("chunks/000003", SampleBlock.Segment(7))]);
        _audit.Finish();

        Assert.Equal([$"block {SampleBlock.Ulid} has no chunks/000002"], _audit.Problems);
    }

    [Fact]
    public void A_stray_file_among_the_segments_is_no_damage_and_fills_no_gap()
    {
        AddBlock(SampleBlock.Ulid, then: [("chunks/.nfs00000002", [1, 2]), ("chunks/000003", SampleBlock.Segment(7))]);
        _audit.Finish();

        Assert.Equal([$"block {SampleBlock.Ulid} has no chunks/000002"], _audit.Problems);
    }

    [Theory]
    [InlineData("0", "000001")]
    [InlineData("2147483648", "000002")]
    [InlineData("18446744073709551615", "000002")]
    public void A_segment_of_any_number_is_one_problem_at_most(string number, string missing)
    {
        string? without = number == "0" ? "chunks/000001" : null;
        AddBlock(SampleBlock.Ulid, without, then: [($"chunks/{number}", SampleBlock.Segment(7))]);
        _audit.Finish();

        Assert.Equal([$"block {SampleBlock.Ulid} has no chunks/{missing}"], _audit.Problems);
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
        Add(SampleBlock.Ulid, "chunks/000001", SampleBlock.Segment(40, 8));
        Add(SampleBlock.Ulid, "index", SampleBlock.Index());
        Add(SampleBlock.Ulid, "meta.json", SampleBlock.Meta(SampleBlock.OtherUlid));
        _audit.Finish();

        Assert.Equal([$"block {SampleBlock.Ulid}: its meta.json belongs to {SampleBlock.OtherUlid}"], _audit.Problems);
    }

    [Fact]
    public void The_first_1000_problems_are_kept_and_the_rest_is_counted()
    {
        for (int i = 1; i <= 1200; i++)
        {
            Add(SampleBlock.Ulid, $"chunks/{i:000000}", [(byte)i]);
        }

        Add(SampleBlock.OtherUlid, "index", [1]);
        _audit.Finish();

        Assert.Equal(1205, _audit.ProblemCount);
        Assert.Equal(1001, _audit.Problems.Count);
        Assert.Equal($"block {SampleBlock.Ulid}, chunks/001000: segment is only 1 bytes long", _audit.Problems[999]);
        Assert.Equal("205 more problems, not listed", _audit.Problems[1000]);
        Assert.Equal(["202 more problems, not listed"], _audit.Blocks[0].Problems.Skip(1000));
        Assert.Equal(["3 more problems, not listed"], _audit.Blocks[1].Problems);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    public void A_problem_is_cut_to_200_characters_and_no_character_in_two(string first)
    {
        string ulid = first + string.Concat(Enumerable.Repeat("😀", 200));
        Add(SampleBlock.Ulid, "meta.json", Encoding.UTF8.GetBytes($$"""{"version":1,"ulid":"{{ulid}}"}"""));

        string problem = Assert.Single(_audit.Problems);
        Assert.InRange(problem.Length, 199, 200);
        Assert.EndsWith("😀…", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_10000_blocks_are_kept_and_all_are_counted_and_told()
    {
        List<string> told = [];
        BlockAudit audit = new(block => told.Add(block.Id.Text));
        string[] ulids = [.. Enumerable.Range(0, 10_003).Select(i => SampleBlock.Ulid[..21] + $"{i:00000}")];
        foreach (string ulid in ulids)
        {
            audit.StartFile($"{ulid}/meta.json");
            audit.Append(SampleBlock.Meta(ulid));
            audit.FinishFile();
        }

        audit.Finish();

        Assert.Equal(ulids, told);
        Assert.Equal(ulids[..10_000], audit.Blocks.Select(block => block.Id.Text));
        Assert.Equal((3, 10_003), (audit.BlocksLeftOut, audit.Tally.Blocks));
    }

    [Fact]
    public void A_short_meta_json_after_a_long_one_is_read_by_itself()
    {
        Add(SampleBlock.Ulid, "meta.json", [.. SampleBlock.Meta(), .. Enumerable.Repeat((byte)' ', 100_000)]);
        Add(SampleBlock.OtherUlid, "meta.json", SampleBlock.Meta(SampleBlock.OtherUlid));
        _audit.Finish();

        Assert.Equal([SampleBlock.Ulid, SampleBlock.OtherUlid], _audit.Blocks.Select(block => block.Meta?.Ulid));
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
