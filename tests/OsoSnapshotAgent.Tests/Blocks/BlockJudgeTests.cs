using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

/// <summary>Judges blocks whose files are sound each, as they pass in a stream and as they lie in a directory.</summary>
public sealed class BlockJudgeTests : IDisposable
{
    private const int ChunkBytes = 1 + 1 + 40 + 4;
    private const string NotTogether = "chunks and index do not belong together";

    private readonly TempDirectory _directory = new();
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal)
    {
        ["chunks/000001"] = SampleBlock.Segment(40, 40),
        ["chunks/000002"] = SampleBlock.Segment(40),
        ["index"] = SampleIndex.Of([8, 8 + ChunkBytes, InSecond(8)]).Bytes,
        ["meta.json"] = Meta(360, 3, 3),
    };

    public static TheoryData<bool> Ways => [true, false];

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_block_of_two_segments_is_sound(bool inDirectory) => Expect(Verdict.Sound, null, inDirectory);

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_lost_last_segment_is_damage(bool inDirectory)
    {
        _files.Remove("chunks/000002");
        Expect(Verdict.Damaged, "has no chunks/000002", inDirectory);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_lost_first_segment_is_damage(bool inDirectory)
    {
        _files.Remove("chunks/000001");
        Expect(Verdict.Damaged, "has no chunks/000001", inDirectory);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_segment_that_ends_after_a_chunk_is_damage(bool inDirectory)
    {
        _files["chunks/000001"] = _files["chunks/000001"][..(8 + ChunkBytes)];
        Expect(Verdict.Damaged, NotTogether, inDirectory);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Swapped_segments_are_damage(bool inDirectory)
    {
        (_files["chunks/000001"], _files["chunks/000002"]) = (_files["chunks/000002"], _files["chunks/000001"]);
        Expect(Verdict.Damaged, NotTogether, inDirectory);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_segment_of_the_same_shape_of_another_block_is_damage(bool inDirectory)
    {
        _files["chunks/000002"] = SampleBlock.SegmentOf(SampleBlock.Chunk(40, SampleBlock.MaxTime));
        Expect(Verdict.Damaged, $"{NotTogether}: 1 chunk with other times than in the index", inDirectory);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_index_of_another_block_is_damage(bool inDirectory)
    {
        _files["index"] = SampleIndex.Of([8, 8 + ChunkBytes, InSecond(8 + ChunkBytes)]).Bytes;
        Expect(Verdict.Damaged, NotTogether, inDirectory);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_numbers_of_segments_may_have_a_gap_because_only_their_order_counts(bool inDirectory)
    {
        _files.Remove("chunks/000002", out byte[]? segment);
        _files["chunks/000007"] = segment!;
        Expect(Verdict.Sound, null, inDirectory);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_chunk_may_start_after_the_time_in_the_index(bool inDirectory)
    {
        _files["chunks/000002"] = SampleBlock.SegmentOf(SampleBlock.Chunk(40, SampleBlock.MinTime + 1));
        Expect(Verdict.Sound, null, inDirectory);
    }

    [Fact]
    public void A_chunk_that_no_series_names_is_noted_where_the_named_ones_can_be_read()
    {
        _files["chunks/000002"] = SampleBlock.Segment(40, 40);
        Expect(Verdict.Noted, "1 chunk that no series names", inDirectory: true);
        Expect(Verdict.Damaged, NotTogether, inDirectory: false);
    }

    [Fact]
    public void A_segment_that_is_missing_and_unused_is_no_damage_where_the_named_chunks_can_be_read()
    {
        _files["chunks/000004"] = SampleBlock.Segment(40);
        Expect(Verdict.Noted, "1 chunk that no series names", inDirectory: true);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void An_index_that_names_fewer_chunks_than_the_block_has_and_counts_is_damage(bool inDirectory)
    {
        _files["index"] = SampleIndex.Of([8, InSecond(8)]).Bytes;
        Expect(Verdict.Damaged, NotTogether, inDirectory);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Two_series_of_one_chunk_are_damage(bool inDirectory)
    {
        _files["index"] = SampleIndex.Of([8, 8, InSecond(8)]).Bytes;
        Expect(Verdict.Damaged, NotTogether, inDirectory);
    }

    [Theory]
    [InlineData(361, 3, 3, "360 samples, but meta.json counts 361")]
    [InlineData(360, 2, 3, "3 series, but meta.json counts 2")]
    [InlineData(360, 3, 0, "3 chunks, but meta.json counts 0")]
    public void A_wrong_count_is_noted(int samples, int series, int chunks, string note)
    {
        _files["meta.json"] = Meta(samples, series, chunks);
        Expect(Verdict.Noted, note, inDirectory: false);
    }

    [Fact]
    public void An_unknown_encoding_is_noted_and_its_samples_are_not_counted()
    {
        _files["chunks/000002"] = SampleBlock.SegmentOf([0xEE, 1, 2, 3]);
        _files["meta.json"] = Meta(999, 3, 3);
        Expect(Verdict.Noted, "chunks of an unknown encoding", inDirectory: false);
    }

    [Fact]
    public void Chunks_outside_the_blocks_times_are_noted()
    {
        _files["index"] = SampleIndex.Of([8, 8 + ChunkBytes, InSecond(8)], times: (SampleBlock.MinTime, SampleBlock.MaxTime)).Bytes;
        Expect(Verdict.Noted, "chunks outside the times of meta.json", inDirectory: false);
    }

    [Fact]
    public void A_float_chunk_without_a_time_is_damage()
    {
        _files["chunks/000002"] = SampleBlock.SegmentOf([1, 0, 120, 0x80]);
        Expect(Verdict.Damaged, "a chunk lacks the time of its first sample", inDirectory: false);
    }

    [Fact]
    public void Tombstones_that_hold_half_a_deletion_are_damage()
    {
        byte[] body = [.. SampleIndex.Uvarint(2), .. SampleIndex.Varint(5)];
        byte[] crc = BitConverter.GetBytes(SampleBlock.Crc32C(body));
        _files["tombstones"] = [0x01, 0x30, 0xBA, 0x30, 1, .. body, .. crc.Reverse()];
        Expect(Verdict.Damaged, "something other than deletions", inDirectory: false);
    }

    [Fact]
    public void The_first_times_of_ever_more_chunks_are_kept_in_the_same_memory()
    {
        ChunkTimes times = new();
        for (long i = 0; i < 3 << 18; i++)
        {
            times.Add(i * 7);
        }

        Assert.False(times.HoldsAll);
        Assert.Equal((0L, 28L, ChunkTimes.Unknown), (times.Of(0), times.Of(4), times.Of(2)));
        Assert.Equal(((3L << 18) - 4) * 7, times.Of((3 << 18) - 4));
    }

    public void Dispose() => _directory.Dispose();

    private static long InSecond(long position) => 1L << 32 | position;

    private static byte[] Meta(int samples, int series, int chunks) => System.Text.Encoding.UTF8.GetBytes($$"""
        {"ulid":"{{SampleBlock.Ulid}}","minTime":{{SampleBlock.MinTime}},"maxTime":{{SampleBlock.MaxTime}},"version":1,
        "stats":{"numSamples":{{samples}},"numSeries":{{series}},"numChunks":{{chunks}} }
        }
        """);

    private void Expect(Verdict verdict, string? told, bool inDirectory)
    {
        BlockReport report = inDirectory ? JudgeDirectory() : JudgeStream();
        string all = string.Join("\n", [.. report.Problems, .. report.Notes]);
        Assert.True(report.Verdict == verdict, $"{report.Verdict}: {all}");
        Assert.Contains(told ?? string.Empty, all, StringComparison.Ordinal);
    }

    private BlockReport JudgeStream()
    {
        BlockAudit audit = new();
        foreach ((string path, byte[] content) in _files)
        {
            audit.StartFile($"{SampleBlock.Ulid}/{path}");
            audit.Append(content);
            audit.FinishFile();
        }

        audit.Finish();
        return Assert.Single(audit.Blocks);
    }

    private BlockReport JudgeDirectory()
    {
        foreach ((string path, byte[] content) in _files)
        {
            _directory.Write($"{SampleBlock.Ulid}/{path}", content);
        }

        return Assert.Single(BlockDirectoryCheck.Run(_directory.Open(), _ => { }, TestContext.Current.CancellationToken).Blocks);
    }
}
