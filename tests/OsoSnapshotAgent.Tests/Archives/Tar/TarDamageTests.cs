using System.Text;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Archives.Tar;

/// <summary>
/// Tests that damaged and manipulated archives are refused, or read as GNU tar and Python read them. A failure names
/// its seed, and OSO_TEST_SEED repeats it.
/// </summary>
public sealed class TarDamageTests : IDisposable
{
    private const int Rounds = 400;
    private const long MaxAllocatedBytes = 6 << 20;

    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory = new();

    [Fact]
    public void A_flipped_bit_of_any_header_is_found_or_changes_nothing()
    {
        (byte[] sound, int[] headers) = Sample();
        TarListing expected = TarListing.Read(sound);
        int found = 0;
        foreach (int header in headers)
        {
            for (int bit = 0; bit < 512 * 8; bit++)
            {
                byte[] damaged = [.. sound];
                damaged[header + (bit / 8)] ^= (byte)(1 << (bit % 8));
                if (TryRead(damaged) is not { } listing)
                {
                    found++;
                    continue;
                }

                // Only another spelling of the same checksum is accepted.
                Assert.InRange(bit / 8, 148, 155);
                Assert.Equal(expected.Lines, listing.Lines);
            }
        }

        Assert.InRange(found, headers.Length * ((512 * 8) - 32), headers.Length * 512 * 8);
    }

    [Fact]
    public void A_cut_anywhere_before_the_second_block_of_zeros_ends_is_found()
    {
        (byte[] sound, _) = Sample();
        for (int length = 0; length < sound.Length; length++)
        {
            Assert.True(TryRead(sound[..length]) is null, $"cut to {length} bytes");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_block_that_is_inserted_anywhere_is_found(bool isZero)
    {
        (byte[] sound, _) = Sample();
        byte[] block = new byte[512];
        new Random(3).NextBytes(isZero ? [] : block);

        // A block of zeros after the end's first block is a valid second one.
        for (int position = 0; position < sound.Length - (isZero ? 1024 : 0); position += 512)
        {
            Assert.True(TryRead([.. sound[..position], .. block, .. sound[position..]]) is null, $"at {position}");
        }
    }

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void What_is_accepted_is_read_as_GNU_tar_and_Python_read_it(int seed)
    {
        Random random = new(seed);
        (byte[] sound, int[] headers) = Sample();
        List<(string Path, TarListing Listing, string Told)> accepted = [];
        for (int round = 0; round < Rounds; round++)
        {
            byte[] damaged = Damage(sound, headers, random, out string what);
            string told = $"OSO_TEST_SEED={seed}, round {round}, {what}";
            if (ReadInTime(damaged, told) is { } listing)
            {
                accepted.Add((_directory.Write($"{round}.tar", damaged), listing, told));
            }
        }

        Assert.InRange(accepted.Count, Rounds / 20, Rounds);
        IReadOnlyList<(JudgedTar? Gnu, JudgedTar? Python)> judged = TarJudges.List(accepted.Select(each => each.Path));
        for (int i = 0; i < judged.Count; i++)
        {
            TarJudges.AssertSame("GNU tar", judged[i].Gnu, accepted[i].Listing, accepted[i].Told);
            TarJudges.AssertSame("Python", judged[i].Python, accepted[i].Listing, accepted[i].Told);
        }
    }

    public void Dispose() => _directory.Dispose();

    // The sample has every kind of header, and content that looks like headers. The positions are those of the real
    // headers.
    private static (byte[] Tar, int[] Headers) Sample()
    {
        byte[] text = Encoding.ASCII.GetBytes(new Random(5).GetString("abcdefgh\n", 1300));
        byte[] likeHeaders =
            [.. TarBuilder.Header("evil", 1 << 20, 'x'), .. TarBuilder.Header("evil", 5, 'L'), .. text[..100]];
        byte[] records =
        [
            .. TarBuilder.Record("path", "snapshots/größe"),
            .. TarBuilder.Record("mtime", "1.5"),
            .. TarBuilder.Record("size", "1300"),
        ];
        TarBuilder tar = new();
        List<int> headers = [];
        Add(() => tar.Add(TarBuilder.Header("snapshots/", type: '5')));
        Add(() => tar.AddFile("snapshots/file", text));
        Add(() => tar.AddExtended('L', Encoding.ASCII.GetBytes("snapshots/" + new string('l', 600) + "\0")));
        Add(() => tar.AddFile("snapshots/short", text.AsSpan(0, 512)));
        Add(() => tar.AddExtended('x', records));
        Add(() => tar.Add(TarBuilder.Header("snapshots/pax")).AddPadded(text));
        Add(() => tar.Add(TarBuilder.Header("name", likeHeaders.Length, change: Prefix)).AddPadded(likeHeaders));
        Add(() => tar.Add(TarBuilder.Header("snapshots/link", type: '2', change: Link)));
        Add(() => tar.Add(TarBuilder.Header("snapshots/256", change: Size)).AddPadded(text));
        Add(() => tar.Add(TarBuilder.Header("snapshots/last")));
        return (tar.End(), [.. headers]);

        static void Prefix(byte[] header) => TarBuilder.Text(header, 345, "snapshots");

        static void Link(byte[] header) => TarBuilder.Text(header, 157, "name");

        static void Size(byte[] header) => TarBuilder.Base256(header, 1300);

        void Add(Action add)
        {
            headers.Add(tar.ToArray().Length);
            add();
        }
    }

    private static byte[] Damage(byte[] sound, int[] headers, Random random, out string what)
    {
        int blocks = sound.Length / 512;
        byte[] damaged = [.. sound];
        int kind = random.Next(8);
        what = $"damage {kind}";
        switch (kind)
        {
            case 0:
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                return damaged;
            case 1:
                return damaged[..random.Next(damaged.Length)];
            case 2:
                byte[] noise = new byte[512];
                random.NextBytes(noise);
                byte[] entry = TarBuilder.Header("new", type: "05"[random.Next(2)]);
                byte[] inserted = random.Next(3) switch { 0 => noise, 1 => new byte[512], _ => entry };
                return Insert(damaged, inserted, random.Next(blocks));
            case 3:
                int from = random.Next(blocks);
                int copied = random.Next(1, Math.Min(6, blocks - from + 1));
                return Insert(damaged, damaged.AsSpan(from * 512, 512 * copied), random.Next(blocks));
            case 4:
                int first = random.Next(blocks);
                int count = random.Next(1, Math.Min(6, blocks - first + 1));
                return [.. damaged[..(first * 512)], .. damaged[((first + count) * 512)..]];
            case 5:
                (int one, int other) = (random.Next(blocks) * 512, random.Next(blocks) * 512);
                sound.AsSpan(one, 512).CopyTo(damaged.AsSpan(other));
                sound.AsSpan(other, 512).CopyTo(damaged.AsSpan(one));
                return damaged;
            default:
                int header = headers[random.Next(headers.Length)];
                what = ChangeField(damaged.AsSpan(header, 512), random) + $" of the header at {header}";
                TarBuilder.Sum(damaged.AsSpan(header, 512), isSigned: random.Next(2) == 0);
                return damaged;
        }
    }

    // The changed fields give the next header's place and the entry's kind. The reader ignores other fields.
    private static string ChangeField(Span<byte> header, Random random)
    {
        string[] sizes =
        [
            "00000000000\0", "00000000001\0", "00000001000\0", "77777777777\0",
            "           0", new('\0', 12), "-0000000001\0", "00000000002 ",
        ];
        switch (random.Next(5))
        {
            case 0:
                string size = sizes[random.Next(sizes.Length)];
                TarBuilder.Text(header, 124, size);
                return $"size {size}";
            case 1:
                long number = random.Next(3) switch { 0 => random.Next(3000), 1 => random.NextInt64(), _ => -1 };
                byte first = (byte)"\u0080\u0080\u00FF\u0081\u00C0"[random.Next(5)];
                TarBuilder.Base256(header, number, first);
                return "size in base 256";
            case 2:
                header[156] = (byte)"\00123456789ABCDKLMNSVXgx\u0080\u00FF"[random.Next(25)];
                return $"type {(char)header[156]}";
            case 3:
                header[random.Next(100)] = (byte)random.Next(256);
                return "name";
            default:
                header[257 + random.Next(8)] ^= (byte)(1 << random.Next(8));
                return "magic";
        }
    }

    private static byte[] Insert(byte[] tar, ReadOnlySpan<byte> blocks, int block) =>
        [.. tar[..(block * 512)], .. blocks, .. tar[(block * 512)..]];

    private static TarListing? ReadInTime(byte[] tar, string told)
    {
        Task<(TarListing? Listing, long Bytes)> reading = Task.Run(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            return (TryRead(tar), GC.GetAllocatedBytesForCurrentThread() - before);
        });
        Assert.True(reading.Wait(MaxTime), $"{told}: still reading after {MaxTime}");
        Assert.True(reading.Result.Bytes <= MaxAllocatedBytes, $"{told}: {reading.Result.Bytes} bytes were allocated");
        return reading.Result.Listing;
    }

    /// <returns>null if the archive is refused.</returns>
    private static TarListing? TryRead(byte[] tar)
    {
        try
        {
            return TarListing.Read(tar);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
