using System.Buffers.Binary;
using System.IO.Compression;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Archives.Tar;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

/// <summary>
/// Mutates sound archives, chunk segments and /proc entries. Each is understood or refused as documented, in time, and
/// with memory that no claim of a header can raise.
/// </summary>
public sealed class FormatFuzzTests : IDisposable
{
    // The limit has room for two buffers of half a MiB and the readers' other needs. A claimed length would be
    // gigabytes.
    private const long MaxAllocatedBytes = 16 << 20;

    private static readonly string[] Claims = ["77777777777", "37777777777", "17777777777", "10000000000", "00000000000", "99999999999", "-0000000001"];

    private readonly SampleData _sample = new SampleData().WithBlock().WithBlock(SampleBlock.OtherUlid, hasTombstones: false);

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_tar_within_sound_gzip_is_verified_or_refused(int seed)
    {
        byte[] tar = Unzip();
        Fuzz.Run(seed, rounds: 600, random =>
        {
            byte[] damaged = Fuzz.Mutate(tar, random);
            if (random.Next(2) == 0)
            {
                // The change is in a header whose checksum is made right, so that the reader believes the changed
                // field.
                damaged = [.. tar];
                int header = random.Next(8) * 512;
                for (int change = random.Next(1, 4); change > 0; change--)
                {
                    MutateHeader(damaged.AsSpan(header, 512), random);
                }
            }

            return (Convert.ToHexString(damaged), () => Verify(GzipFile.Pack(damaged)));
        });
    }

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public void A_claim_of_gigabytes_for_a_name_takes_no_memory(char type)
    {
        byte[] tar = Unzip();
        foreach (string claim in Claims)
        {
            tar[156] = (byte)type;
            System.Text.Encoding.ASCII.GetBytes(claim.AsSpan(0, 11), tar.AsSpan(124));
            TarBuilder.Sum(tar);
            Verify(GzipFile.Pack(tar));
        }
    }

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_gzip_is_verified_or_refused(int seed)
    {
        _sample.WritePartial();
        byte[] sound = File.ReadAllBytes(_sample.PartialArchive);
        Fuzz.Run(seed, rounds: 600, random =>
        {
            byte[] damaged = Fuzz.Mutate(sound, random);
            return (Convert.ToHexString(damaged), () => Verify(damaged));
        });
    }

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void Segments_and_tombstones_are_sound_or_damaged_in_pieces_of_any_size(int seed)
    {
        (string Name, byte[] Sound)[] files = [("chunks/000001", SampleBlock.Segment(0, 40, 127, 128, 3000)), ("tombstones", SampleBlock.Tombstones()), ("index", SampleBlock.Index())];
        Fuzz.Run(seed, rounds: 3000, random =>
        {
            (string name, byte[] sound) = files[random.Next(files.Length)];
            byte[] bytes = random.Next(3) == 0 ? WithHugeLength(sound, random) : Fuzz.Mutate(sound, random);
            int piece = random.Next(1, 600);
            return (Convert.ToHexString(bytes), () =>
            {
                string? whole = Problem(name, bytes, bytes.Length + 1);

                // The verdict must not depend on how the bytes are divided.
                Assert.Equal(whole, Problem(name, bytes, piece));
            });
        });
    }

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_proc_is_understood_or_left_out(int seed)
    {
        FakeProc proc = new(_sample.Directory);
        proc.Add(7, "prometheus", ["/bin/prometheus", "--storage.tsdb.path=/data"], parent: 1, cpuSeconds: 1.5, startSeconds: FakeProc.BootTime + 5);
        string[] names = ["7/status", "7/stat", "7/cmdline", "stat"];
        byte[][] sound = [.. names.Select(name => File.ReadAllBytes($"{proc.Root}/{name}"))];
        Fuzz.Run(seed, rounds: 1000, random =>
        {
            int which = random.Next(names.Length);
            byte[] damaged = Fuzz.Mutate(sound[which], random);
            return (Convert.ToHexString(damaged), () =>
            {
                File.WriteAllBytes($"{proc.Root}/{names[which]}", damaged);
                _ = proc.FileSystem.Processes();
                _ = proc.FileSystem.CpuSeconds(7);
                File.WriteAllBytes($"{proc.Root}/{names[which]}", sound[which]);
            });
        });
    }

    public void Dispose() => _sample.Dispose();

    private static string? Problem(string name, byte[] bytes, int piece)
    {
        BlockFileCheck check = BlockFileCheck.For(name, new ChunkLedger())!;
        try
        {
            for (int at = 0; at < bytes.Length; at += piece)
            {
                check.Append(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
            }

            check.Finish();
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static byte[] WithHugeLength(byte[] sound, Random random)
    {
        byte[] bytes = [.. sound];
        int at = random.Next(bytes.Length - 8);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), random.Next(2) == 0 ? 0xFFFFFFFF7F000000 : ulong.MaxValue);
        return bytes;
    }

    private void Verify(byte[] archive)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        File.WriteAllBytes(_sample.Data.Archive, archive);
        try
        {
            VerifySubject.OfPath(_sample.Data.Archive).Read(_ => { });
        }
        catch (OperatorException e) when (e.Status == ExitStatus.ArchiveFailed)
        {
            // The documented refusal.
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
    }

    // Makes a number field claim something, or changes a byte.
    private static void MutateHeader(Span<byte> header, Random random)
    {
        (int Offset, int Length)[] numbers = [(100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (329, 8), (337, 8)];
        (int offset, int length) = numbers[random.Next(numbers.Length)];
        switch (random.Next(4))
        {
            case 0: System.Text.Encoding.ASCII.GetBytes(Claims[random.Next(Claims.Length)].AsSpan(0, length - 1), header[offset..]); break;
            case 1: header[offset] = 0x80; random.NextBytes(header.Slice(offset + 1, length - 1)); break;
            case 2: header[156] = (byte)"0157xgLKSVM\0"[random.Next(12)]; break;
            default: header[random.Next(512)] = (byte)random.Next(256); break;
        }

        TarBuilder.Sum(header);
    }

    private byte[] Unzip()
    {
        _sample.WritePartial();
        using MemoryStream tar = new();
        using FileStream file = File.OpenRead(_sample.PartialArchive);
        using GZipStream gzip = new(file, CompressionMode.Decompress);
        gzip.CopyTo(tar);
        return tar.ToArray();
    }
}
