using OsoSnapshotCore.Archives.Gzip;

namespace OsoSnapshotAgent.Tests.Archives.Gzip;

/// <summary>Tests the reader for machines without ISA-L: it finds every damage.</summary>
public sealed class StrictGunzipStreamTests
{
    private static readonly byte[] Plain = System.Text.Encoding.ASCII.GetBytes(new Random(11).GetString("0123456789abcdef", 600_000));

    private readonly byte[] _packed = Pack();

    [Fact]
    public void Gives_the_bytes_back() => Assert.Equal(Plain, Unpack(_packed));

    [Fact]
    public void A_flipped_bit_never_gives_other_bytes()
    {
        Random random = new(12);
        int found = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = [.. _packed];
            damaged[random.Next(GzipPipeline.Header.Length, damaged.Length)] ^= (byte)(1 << random.Next(8));
            found += IsFound(damaged) ? 1 : 0;
        }

        // The other bits are padding, which no reader checks. The archive's own checksum covers these.
        Assert.InRange(found, 395, 400);
    }

    [Fact]
    public void A_truncation_anywhere_is_found()
    {
        Random random = new(13);
        foreach (int length in Enumerable.Range(0, 200).Select(i => i < 20 ? i : i < 40 ? _packed.Length - 40 + i : random.Next(_packed.Length)))
        {
            Assert.True(IsFound(_packed[..length]), $"cut to {length}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(100_000)]
    public void Bytes_after_the_end_are_found(int count) => Assert.True(IsFound([.. _packed, .. new byte[count]]));

    [Fact]
    public void A_second_member_that_follows_is_found() => Assert.True(IsFound([.. _packed, .. _packed]));

    private static byte[] Pack()
    {
        using MemoryStream packed = new();
        using GzipPipeline pipeline = new(packed, new ZlibEngine(3), workers: 2, CancellationToken.None);
        pipeline.Write(Plain);
        pipeline.Complete();
        return packed.ToArray();
    }

    private static byte[] Unpack(byte[] packed)
    {
        using StrictGunzipStream reader = new(new MemoryStream(packed));
        using MemoryStream plain = new();
        reader.CopyTo(plain);
        return plain.ToArray();
    }

    /// <returns>False if the damaged bytes unpack to the same content.</returns>
    private static bool IsFound(byte[] damaged)
    {
        try
        {
            Assert.Equal(Plain, Unpack(damaged));
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }
}
