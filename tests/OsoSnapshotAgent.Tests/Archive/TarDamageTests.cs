using System.IO.Compression;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Archive;

/// <summary>Damage below gzip, whose own checksum would find it first: how the tar reader fails must not matter.</summary>
public sealed class TarDamageTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock();
    private readonly ArchiveManifest _manifest;

    public TarDamageTests() => _manifest = _sample.WritePartial();

    private string Archive => _sample.PartialArchive;

    [Theory]
    [InlineData(100, 8)]
    [InlineData(108, 8)]
    [InlineData(116, 8)]
    [InlineData(124, 12)]
    [InlineData(136, 12)]
    [InlineData(148, 8)]
    [InlineData(156, 1)]
    [InlineData(257, 8)]
    [InlineData(329, 8)]
    public void A_nonsensical_field_of_a_tar_header_is_found(int offset, int length)
    {
        byte[] sound = Unzip();
        foreach (byte[] nonsense in new byte[][] { [0x80, 0xFF], [0xFF, 0xFE], [0x80, 0x01, 0, 0, 0], [(byte)'-', (byte)'1', 0], [(byte)'9'], [(byte)'7'], [0], [(byte)'L'], [(byte)'x'] })
        {
            byte[] damaged = [.. sound];
            for (int i = 0; i < length; i++)
            {
                damaged[offset + i] = nonsense[Math.Min(i, nonsense.Length - 1)];
            }

            AssertFound(Zip(damaged), $"{Convert.ToHexString(nonsense)} at {offset}");
            if (offset != 148)
            {
                SumHeader(damaged);
                AssertFound(Zip(damaged), $"{Convert.ToHexString(nonsense)} at {offset} with the right checksum");
            }
        }
    }

    public void Dispose() => _sample.Dispose();

    private static byte[] Zip(byte[] tar)
    {
        using MemoryStream archive = new();
        using (GZipStream gzip = new(archive, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(tar);
        }

        return archive.ToArray();
    }

    // The sum of a header's bytes, with the sum's own field as spaces: POSIX.1-2017, pax, "ustar Interchange Format".
    internal static void SumHeader(Span<byte> tar)
    {
        Span<byte> field = tar.Slice(148, 8);
        field.Fill((byte)' ');
        int sum = 0;
        foreach (byte value in tar[..512])
        {
            sum += value;
        }

        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(field);
    }

    private byte[] Unzip()
    {
        using MemoryStream tar = new();
        using FileStream file = File.OpenRead(Archive);
        using GZipStream gzip = new(file, CompressionMode.Decompress);
        gzip.CopyTo(tar);
        return tar.ToArray();
    }

    private void AssertFound(byte[] archive, string damage)
    {
        File.WriteAllBytes(Archive, archive);
        Exception? failure = Record.Exception(() => _sample.Verify(_manifest));
        Assert.True(failure is AgentException { Status: ExitStatus.ArchiveFailed }, $"{damage}: {failure?.ToString() ?? "not found"}");
    }
}
