using System.Buffers.Binary;
using TsdbGenerator.Format;
using TsdbGenerator.Model;

namespace TsdbGenerator.Tests.Format;

public sealed class BlockFormatTests : IDisposable
{
    private const string Ulid = "01KDVDNA000000000000000000";
    private const long Start = 1_767_225_600_000;
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void The_checksum_is_the_one_of_RFC_3720()
    {
        Assert.Equal(0xE3069283, Crc32C.Compute("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
    }

    [Fact]
    public void Promtool_reads_back_values_that_use_every_width_of_the_encoding()
    {
        double[] values =
        [
            0, -0.0, 1, 1, -1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, double.MinValue,
            Math.PI, BitConverter.UInt64BitsToDouble(1UL << 63 | 1), 1, 1 + Math.BitIncrement(0), Math.BitIncrement(1), 0.1, 0.2, 1e-300, 42,
        ];
        Sample[] samples = [.. values.Select((value, i) => new Sample(Start + (i * 15_000), value))];

        Assert.Equal(samples, WriteAndDump(samples));
    }

    [Fact]
    public void Promtool_reads_back_times_that_use_every_width_of_the_encoding()
    {
        // The times are the bounds of Prometheus' ranges for 14, 17 and 20 bits, and their neighbours.
        long[] bounds = [1L << 13, 1L << 16, 1L << 19];
        long[] deltasOfDeltas = [.. bounds.SelectMany(bound => new[] { bound, bound + 1, -bound + 1, -bound, -1 }), 1L << 40];
        List<Sample> samples = [new(Start, 0), new(Start + 10_000_000, 1)];
        long delta = 10_000_000;
        foreach (long deltaOfDelta in deltasOfDeltas)
        {
            delta += deltaOfDelta;
            samples.Add(new Sample(samples[^1].Time + delta, samples.Count));
        }

        Assert.Equal(samples, WriteAndDump([.. samples]));
    }

    [Fact]
    public void Promtool_reads_back_random_bits()
    {
        var random = new SplitMix64(7);
        Sample[] samples = [.. Enumerable.Range(0, XorChunkEncoder.MaxSamples)
            .Select(i => new Sample(Start + (i * 1000) + (long)(random.Next() % 1000), random.NextDouble() * 1e9))];

        Assert.Equal(samples, WriteAndDump(samples));
    }

    [Fact]
    public void Every_section_of_the_index_ends_with_its_checksum()
    {
        GeneratedBlock block = BlockGenerator.Generate(new GeneratorOptions { Directory = _temporary.Path, SizeBytes = 1 << 18, BlockCount = 1 })[0];
        byte[] index = File.ReadAllBytes(Path.Combine(block.Directory, "index"));
        byte[] contents = index[^52..];
        int[] starts = [.. Enumerable.Range(0, 6).Select(i => (int)BinaryPrimitives.ReadUInt64BigEndian(contents.AsSpan(i * 8)))];
        (int symbols, int labelIndices, int labelTable, int postingsTable) = (starts[0], starts[2], starts[3], starts[5]);

        Assert.Equal(BitByBit(contents.AsSpan(0, 48)), BinaryPrimitives.ReadUInt32BigEndian(contents.AsSpan(48)));
        CheckSection(index, symbols);
        int sections = 0;
        for (int position = Align(labelIndices); position < labelTable; position = Align(CheckSection(index, position)))
        {
            sections++;
        }

        Assert.True(sections > 100, $"only {sections} label indices and postings");
        Assert.Equal(postingsTable, CheckSection(index, labelTable));
        Assert.Equal(index.Length - 52, CheckSection(index, postingsTable));

        static int Align(int position) => (position + 3) & ~3;
    }

    [Fact]
    public void Tombstones_are_an_empty_list_with_its_checksum()
    {
        GeneratedBlock block = BlockGenerator.Generate(new GeneratorOptions { Directory = _temporary.Path, SizeBytes = 1 << 16, BlockCount = 1 })[0];

        Assert.Equal("0130BA300100000000", Convert.ToHexString(File.ReadAllBytes(Path.Combine(block.Directory, "tombstones"))));
    }

    private List<Sample> WriteAndDump(Sample[] samples)
    {
        string block = Path.Combine(_temporary.Path, Ulid);
        string chunks = Path.Combine(block, "chunks");
        Directory.CreateDirectory(chunks);
        using (var segments = new ChunkSegmentWriter(chunks, 1 << 20))
        using (var index = new IndexWriter(Path.Combine(block, "index"), ["__name__", "é"], new IndexLayout()))
        {
            index.AddSeries([0, 1], [segments.Write(samples)]);
            index.Finish();
        }

        long end = samples[^1].Time + 1;
        string meta = $$"""{"ulid":"{{Ulid}}","minTime":{{Start}},"maxTime":{{end}},"stats":{},"compaction":{"level":1},"version":1}""";
        File.WriteAllText(Path.Combine(block, "meta.json"), meta);
        return Promtool.Dump(_temporary.Path)["{__name__=\"é\"}"];
    }

    /// <returns>The position after the section.</returns>
    private static int CheckSection(byte[] file, int start)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(start));
        ReadOnlySpan<byte> body = file.AsSpan(start + 4, length);
        Assert.Equal(BitByBit(body), BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(start + 4 + length)));
        return start + 4 + length + 4;
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        return ~crc;
    }
}
