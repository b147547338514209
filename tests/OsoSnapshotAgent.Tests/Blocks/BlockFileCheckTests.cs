using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

public sealed class BlockFileCheckTests
{
    private const string Segment = "chunks/000001";

    [Theory]
    [InlineData("index")]
    [InlineData("tombstones")]
    [InlineData("meta.json")]
    [InlineData(Segment)]
    public void A_sound_file_passes_in_one_piece_byte_by_byte_and_in_any_pieces(string file)
    {
        byte[] bytes = Sound(file);
        Random random = new(7);

        Assert.Null(Problem(file, bytes));
        Assert.Null(Problem(file, bytes, () => 1));
        for (int round = 0; round < 50; round++)
        {
            Assert.Null(Problem(file, bytes, () => random.Next(0, 70)));
        }
    }

    [Theory]
    [InlineData("index")]
    [InlineData("tombstones")]
    [InlineData("meta.json")]
    [InlineData(Segment)]
    public void A_file_that_is_cut_short_anywhere_is_found(string file)
    {
        byte[] bytes = Sound(file);
        HashSet<int> chunkEnds = file == Segment ? [8, 8 + 1 + 1 + 40 + 4] : [];

        // A segment cut between two chunks, or before the first, is a sound shorter one. Only the manifest shows that
        // cut.
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.True(Problem(file, bytes[..length]) is not null ^ chunkEnds.Contains(length), $"cut to {length} bytes");
        }
    }

    [Theory]
    [InlineData("tombstones")]
    [InlineData(Segment)]
    public void One_flipped_byte_anywhere_is_found(string file)
    {
        byte[] bytes = Sound(file);

        // Nothing reads the three padding bytes of a segment's header.
        foreach (int position in Enumerable.Range(0, bytes.Length).Where(position => file != Segment || position is not (5 or 6 or 7)))
        {
            byte[] damaged = [.. bytes];
            damaged[position] ^= 0x40;
            Assert.True(Problem(file, damaged) is not null, $"byte {position}");
        }
    }

    [Fact]
    public void One_flipped_bit_anywhere_in_an_indexs_header_or_table_of_contents_is_found()
    {
        byte[] bytes = SampleBlock.Index();
        foreach (int position in Enumerable.Range(0, 5).Concat(Enumerable.Range(bytes.Length - 52, 52)))
        {
            byte[] damaged = [.. bytes];
            damaged[position] ^= 0x80;
            Assert.True(Problem("index", damaged) is not null, $"byte {position}");
        }
    }

    [Theory]
    [InlineData("index", 0, "index starts with 45AAD700 instead of BAAAD700")]
    [InlineData("index", 4, "index has the unknown version 253")]
    [InlineData("tombstones", 0, "tombstones starts with FE30BA30 instead of 0130BA30")]
    [InlineData("tombstones", 12, "the checksum of its content does not match")]
    [InlineData(Segment, 3, "segment starts with 85BD4022 instead of 85BD40DD")]
    [InlineData(Segment, 30, "the checksum of a chunk does not match")]
    public void Says_what_is_wrong(string file, int position, string problem)
    {
        byte[] damaged = Sound(file);
        damaged[position] ^= 0xFF;

        Assert.Contains(problem, Problem(file, damaged), StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_without_a_chunk_is_sound() => Assert.Null(Problem(Segment, SampleBlock.Segment()));

    [Fact]
    public void A_chunk_of_an_unknown_encoding_may_have_no_data() => Assert.Null(Problem(Segment, SampleBlock.Segment(0, 1, 127, 128, 16383, 16384)));

    [Fact]
    public void A_chunk_of_impossible_length_is_found_at_once() => Assert.Contains(
        "a chunk of impossible length", Problem(Segment, [.. SampleBlock.Segment(), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]), StringComparison.Ordinal);

    [Fact]
    public void A_meta_json_without_end_is_found_before_it_fills_the_memory()
    {
        MetaCheck check = new();
        byte[] piece = new byte[256 * 1024];
        for (int i = 0; i < 4; i++)
        {
            check.Append(piece);
        }

        string problem = Assert.Throws<InvalidDataException>(() => check.Append([0])).Message;
        Assert.Contains("longer than 1048576 bytes", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_the_format_does_not_know_is_not_judged()
    {
        Assert.Null(BlockFileCheck.For("deletion-mark.json", new ChunkLedger()));
        Assert.Null(BlockFileCheck.For("index.tmp", new ChunkLedger()));
    }

    [Theory]
    [InlineData("chunks/000001", true)]
    [InlineData("chunks/1", true)]
    [InlineData("chunks/18446744073709551615", true)]
    [InlineData("chunks/18446744073709551616", false)]
    [InlineData("chunks/.nfs000000000001", false)]
    [InlineData("chunks/000001.tmp", false)]
    [InlineData("chunks/+1", false)]
    [InlineData("chunks/ 1", false)]
    [InlineData("chunks/", false)]
    [InlineData("chunks/000001/x", false)]
    [InlineData("000001", false)]
    public void Segments_are_what_Prometheus_takes_for_some(string path, bool isSegment) =>
        Assert.Equal(isSegment, BlockFileCheck.For(path, new ChunkLedger()) is ChunkSegmentCheck);

    private static byte[] Sound(string file) => file switch
    {
        "index" => SampleBlock.Index(),
        "tombstones" => SampleBlock.Tombstones(),
        "meta.json" => SampleBlock.Meta(),
        _ => SampleBlock.Segment(40, 300),
    };

    private static string? Problem(string file, byte[] bytes, Func<int>? nextLength = null)
    {
        BlockFileCheck check = BlockFileCheck.For(file, new ChunkLedger())!;
        try
        {
            for (int start = 0; start < bytes.Length;)
            {
                int length = Math.Min(nextLength?.Invoke() ?? bytes.Length, bytes.Length - start);
                check.Append(bytes.AsSpan(start, length));
                start += length;
            }

            check.Finish();
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }
}
