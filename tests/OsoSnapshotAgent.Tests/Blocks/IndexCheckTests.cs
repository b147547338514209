using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

public sealed class IndexCheckTests
{
    private const string LabelIndicesNote = "its label indices, which Prometheus does not read, are damaged";
    private const string LabelTableNote = "its label offset table, which Prometheus does not read, is damaged";

    private readonly SampleIndex _index = SampleIndex.Of([8, 54, 1L << 32 | 8]);

    [Theory]
    [InlineData("symbols", null)]
    [InlineData("series", null)]
    [InlineData("label index", LabelIndicesNote)]
    [InlineData("postings", null)]
    [InlineData("label table", LabelTableNote)]
    [InlineData("postings table", null)]
    [InlineData("table of contents", null)]
    public void One_flipped_byte_is_damage_where_Prometheus_reads_and_noted_where_it_does_not(string part, string? note)
    {
        Range range = _index.Parts[part];
        byte[] sound = _index.Bytes;
        int checkedBytes = 0;
        for (int i = range.Start.Value; i < range.End.Value; i++)
        {
            for (int mask = 1; mask < 256; mask = (2 * mask) + 1)
            {
                byte[] damaged = [.. sound];
                damaged[i] ^= (byte)mask;
                Verdict expected = note is null ? Verdict.Damaged : Verdict.Noted;
                if (Judge(damaged) is var (verdict, notes) && verdict != Verdict.Sound)
                {
                    Assert.True(verdict == expected && (note is null || notes is [var only] && only == note), $"byte {i}, mask {mask}: {verdict} {string.Join(", ", notes)}");
                    checkedBytes++;
                }
                else
                {
                    // Nothing reads the padding before a series.
                    Assert.True(sound[i] == 0 && part is "series" or "label index", $"byte {i}, mask {mask} is not found");
                }
            }
        }

        Assert.InRange(checkedBytes, 8 * 8, int.MaxValue);
    }

    [Fact]
    public void A_zeroed_page_in_any_place_is_damage()
    {
        byte[] sound = SampleIndex.Of([8, 54], new byte[20_000].Select((_, i) => (byte)(i | 1)).ToArray()).Bytes;
        for (int start = 0; start < sound.Length; start += 4096)
        {
            byte[] damaged = [.. sound];
            damaged.AsSpan(start, Math.Min(4096, sound.Length - start)).Clear();
            Assert.Equal(Verdict.Damaged, Judge(damaged).Verdict);
        }
    }

    [Fact]
    public void A_symbol_of_many_megabytes_is_sound_and_takes_no_memory()
    {
        byte[] index = SampleIndex.Of([8, 54], new byte[20 << 20]).Bytes;
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(Verdict.Sound, Judge(index, 100_000).Verdict);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_claim_of_gigabytes_takes_no_memory_and_is_damage()
    {
        byte[] index = _index.Bytes;
        for (int i = 5; i < index.Length - 56; i++)
        {
            byte[] damaged = [.. index];
            damaged.AsSpan(i, 4).Fill(0xFF);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Judge(damaged);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void The_verdict_does_not_depend_on_how_the_bytes_are_divided()
    {
        byte[] sound = _index.Bytes;
        Random random = new(5);
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = Fuzz.Mutate(sound, random);
            Assert.Equal(Judge(damaged, damaged.Length + 1), Judge(damaged, random.Next(1, 90)));
        }
    }

    private static (Verdict Verdict, string Notes) Judge(byte[] index, int piece)
    {
        IndexCheck check = new(new ReferenceLedger(new ChunkLedger()));
        try
        {
            for (int at = 0; at < index.Length; at += piece)
            {
                check.Append(index.AsSpan(at, Math.Min(piece, index.Length - at)));
            }

            check.Finish();
            return (check.Figures.Notes.Count == 0 ? Verdict.Sound : Verdict.Noted, string.Join(", ", check.Figures.Notes));
        }
        catch (InvalidDataException e)
        {
            return (Verdict.Damaged, e.Message);
        }
    }

    private static (Verdict Verdict, string[] Notes) Judge(byte[] index)
    {
        (Verdict verdict, string notes) = Judge(index, index.Length);
        return (verdict, notes.Length == 0 ? [] : [notes]);
    }
}
