using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Streams;

public sealed class Crc32CTests
{
    /// <summary>Uses the examples of RFC 3720, appendix B.4, which writes the bytes least significant first.</summary>
    [Fact]
    public void Has_the_values_of_RFC_3720()
    {
        byte[] ascending = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];
        byte[] descending = [.. ascending.Reverse()];
        byte[] readCommand =
        [
            0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0,
            0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
        ];

        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Of(ascending));
        Assert.Equal(0x113FDB5Cu, Crc32C.Of(descending));
        Assert.Equal(0xD9963A56u, Crc32C.Of(readCommand));
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0u, Crc32C.Of([]));
    }

    [Fact]
    public void Is_the_same_however_the_bytes_are_cut()
    {
        Random random = new(3720);
        byte[] bytes = new byte[10_001];
        random.NextBytes(bytes);
        int[] longestPieces = [40, 2_000, 12_000];
        for (int round = 0; round < 150; round++)
        {
            Crc32C crc = Crc32C.Start();
            for (int start = 0; start < bytes.Length;)
            {
                int length = Math.Min(random.Next(0, longestPieces[round % 3]), bytes.Length - start);
                crc.Append(bytes.AsSpan(start, length));
                start += length;
            }

            Assert.Equal(SampleBlock.Crc32C(bytes), crc.Value);
        }
    }
}
