using System.Text;
using OsoSnapshotCore.Archives.Tar;

namespace OsoSnapshotAgent.Tests.Archives.Tar;

/// <summary>
/// Tests that archives which no reader should accept, or which readers understand differently, are refused with place
/// and reason.
/// </summary>
public sealed class TarRefusalTests
{
    private const string First = "tar entry 1, at byte 0, ";
    private const string Named = "tar entry 1 (a), at byte 0, ";
    private const string Second = "tar entry 2, at byte 1024, ";
    private const string NoNumber = "has a size that is negative, too large or not a number";

    private static readonly byte[] Content = Encoding.ASCII.GetBytes("some content");

    public static TheoryData<string, byte[], string> Wrong => new()
    {
        { "empty", [], First + "is missing: the archive breaks off before the two blocks of zeros that end it" },
        { "no end", new TarBuilder().AddFile("a", Content).ToArray(), Second + "is missing: the archive breaks off" },
        { "cut header", TarBuilder.Header("a")[..511], First + "breaks off within its header" },
        {
            "cut content",
            new TarBuilder().Add(TarBuilder.Header("a/b", 12)).Add(Content.AsSpan(0, 5)).ToArray(),
            "tar entry 1 (a/b), at byte 0, breaks off 7 bytes before its end"
        },
        {
            "cut padding",
            new TarBuilder().AddFile("a", Content).ToArray()[..1000],
            Named + "breaks off after its content"
        },
        {
            "one zero block",
            new TarBuilder().AddFile("a", Content).Add(new byte[512]).ToArray(),
            Second + "is a lone block of zeros"
        },
        {
            "zero block between",
            new TarBuilder().AddFile("a", Content).Add(new byte[512]).AddFile("b", Content).End(),
            Second + "is a lone block of zeros"
        },
        {
            "something after the end",
            [.. new TarBuilder().AddFile("a", Content).End(), .. new byte[70_000], 1],
            Second + "is the end of the archive, but more than zeros follow it"
        },
        {
            "an entry after the end",
            new TarBuilder().Add(TarBuilder.TwoZeroBlocks).AddFile("a", Content).End(),
            First + "is the end of the archive, but"
        },

        { "wrong sum", Changed(header => header[0]++), First + "has a header whose checksum does not match" },
        { "no sum", Changed(header => header.AsSpan(148, 8).Clear()), First + "has a header whose checksum" },
        { "text", [.. Enumerable.Repeat((byte)'a', 2048)], First + "has a header whose checksum" },

        { "size -1", Sized(header => TarBuilder.Text(header, 124, "-0000000001\0")), First + NoNumber },
        { "size 8", Sized(header => TarBuilder.Text(header, 124, "00000000008\0")), First + NoNumber },
        { "size 1x", Sized(header => TarBuilder.Text(header, 124, "0000000001x\0")), First + NoNumber },
        { "size of two numbers", Sized(header => TarBuilder.Text(header, 124, "01\0002\0")), First + NoNumber },
        { "size 0xFF", Sized(header => TarBuilder.Base256(header, -1, first: 0xFF)), First + NoNumber },
        { "size 0x81", Sized(header => TarBuilder.Base256(header, 1, first: 0x81)), First + NoNumber },
        { "size 2^63", Sized(header => TarBuilder.Base256(header, long.MinValue)), First + NoNumber },
        { "size 2^64", Sized(header => { TarBuilder.Base256(header, 0); header[127] = 1; }), First + NoNumber },
        { "size 2^80", Sized(header => { TarBuilder.Base256(header, 0); header[125] = 1; }), First + NoNumber },
        { "pax size -1", Pax("size", "-1"), First + NoNumber },
        { "pax size +1", Pax("size", "+1"), First + NoNumber },
        { "pax size 2^63", Pax("size", "9223372036854775808"), First + NoNumber },
        { "pax size of nothing", Pax("size", ""), First + NoNumber },
        { "pax size 1.5", Pax("size", "1.5"), First + NoNumber },

        {
            "prefix with GNU's magic",
            Prefixed("ustar  \0"),
            First + "has a prefix to its name without the magic of ustar"
        },
        {
            "prefix without a magic",
            Prefixed("\0\0\0\0\0"),
            First + "has a prefix to its name without the magic of ustar"
        },
        { "no name", new TarBuilder().Add(TarBuilder.Header("")).End(), First + "has an empty name" },
        { "pax name of nothing", Pax("path", ""), First + "has an empty name" },
        { "pax name with a zero", Pax("path", "a\0b"), First + "has a name with a zero byte in it" },
        {
            "pax name too long",
            Pax("path", new string('n', 4097)),
            First + "has a name of 4097 bytes; the maximum is 4096"
        },
        { "long name of nothing", Extended('L', []), First + "has a long name without the zero byte at its end" },
        {
            "long name without a zero",
            Extended('L', "name"u8),
            First + "has a long name without the zero byte at its end"
        },
        { "long name of a zero", Extended('L', [0]), First + "has an empty name" },
        {
            "long name too long",
            Extended('L', new byte[4098]),
            First + "has an extended header of 4098 bytes; the maximum is 4097"
        },
        { "long link too long", Extended('K', Letters(4098)), First + "has an extended header of 4098 bytes" },
        {
            "two long names",
            new TarBuilder().AddExtended('L', "a\0"u8).AddExtended('L', "a\0"u8).AddFile("a", Content).End(),
            "has two long names"
        },
        {
            "a long name and one of pax",
            new TarBuilder().AddExtended('x', TarBuilder.Record("path", "a")).AddExtended('L', "a\0"u8)
                .AddFile("a", Content).End(),
            "has two long names"
        },
        {
            "two extended headers",
            new TarBuilder().AddExtended('x', TarBuilder.Record("mtime", "1")).AddExtended('x', [])
                .AddFile("a", Content).End(),
            "has two extended headers"
        },
        {
            "nothing after a long name",
            new TarBuilder().AddExtended('L', "a\0"u8).End(),
            "is missing after its extended header"
        },
        {
            "nothing after pax records",
            new TarBuilder().AddExtended('x', []).End(),
            "is missing after its extended header"
        },
        {
            "nothing after global records",
            new TarBuilder().AddExtended('g', []).End(),
            "is missing after its extended header"
        },
        {
            "nothing after a long link",
            new TarBuilder().AddExtended('K', "a\0"u8).End(),
            "is missing after its extended header"
        },
        {
            "extended header cut",
            new TarBuilder().AddExtended('x', TarBuilder.Record("path", "a")).ToArray()[..700],
            First + "breaks off within its extended header"
        },
        {
            "extended header too long",
            new TarBuilder().Add(TarBuilder.Header("a", (1 << 20) + 1, 'x')).ToArray(),
            First + "has an extended header of 1048577 bytes; the maximum is 1048576"
        },
        {
            "name for all",
            new TarBuilder().AddExtended('g', TarBuilder.Record("path", "a")).AddFile("a", Content).End(),
            First + "follows a name or a size that is given for all"
        },
        {
            "size for all",
            new TarBuilder().AddExtended('g', TarBuilder.Record("size", "1")).AddFile("a", Content).End(),
            First + "follows a name or a size that is given for all"
        },

        { "record too long", Extended('x', "99 path=a\n"u8), First + "has a damaged extended header" },
        { "record without a newline", Extended('x', "9 path=ab"u8), First + "has a damaged extended header" },
        { "record without a space", Extended('x', "9path=ab\n"u8), First + "has a damaged extended header" },
        { "record without a key", Extended('x', "5 =a\n"u8), First + "has a damaged extended header" },
        { "record without a value", Extended('x', "7 path\n"u8), First + "has a damaged extended header" },
        { "record of nothing", Extended('x', "2 "u8), First + "has a damaged extended header" },
        { "record of length 0", Extended('x', "0 path=a\n"u8), First + "has a damaged extended header" },
        { "record with a sign", Extended('x', "+11 path=a\n"u8), First + "has a damaged extended header" },
        {
            "record with a huge length",
            Extended('x', "99999999999 path=a\n"u8),
            First + "has a damaged extended header"
        },
        {
            "zeros after the records",
            Extended('x', [.. TarBuilder.Record("path", "a"), 0]),
            First + "has a damaged extended header"
        },

        { "sparse", Typed('S'), Named + "is a sparse file, which this program does not read" },
        { "sparse by pax", Pax("GNU.sparse.major", "1"), First + "is a sparse file" },
        { "continued from another volume", Typed('M'), Named + "has the type 0x4D, which this program does not know" },
        { "unknown", Typed('\u00FF'), Named + "has the type 0xFF" },
        { "a directory with content", Typed('5', 1), Named + "is not a file, but claims 1 bytes of content" },
        { "a link with content", Typed('2', 512), "is not a file, but claims 512 bytes" },
        {
            "a directory by its slash with content",
            new TarBuilder().AddFile("a/", Content).End(),
            "is not a file, but claims 12 bytes"
        },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Is_refused_and_said_why(string what, byte[] tar, string reason)
    {
        foreach (int piece in new[] { int.MaxValue, 1 })
        {
            InvalidDataException failure = Assert.Throws<InvalidDataException>(() => TarListing.Read(tar, piece));
            Assert.True(failure.Message.Contains(reason, StringComparison.Ordinal), $"{what}: {failure.Message}");
        }
    }

    [Fact]
    public void A_name_of_4_KiB_and_an_extended_header_of_1_MiB_are_read()
    {
        string name = new('n', 4096);
        byte[] comment = TarBuilder.Record("comment", new string('c', (1 << 20) - 17));
        byte[] tar = new TarBuilder()
            .AddExtended('x', TarBuilder.Record("path", name)).Add(TarBuilder.Header("a"))
            .AddExtended('L', [.. Encoding.ASCII.GetBytes(name), 0]).Add(TarBuilder.Header("a"))
            .AddExtended('x', comment).Add(TarBuilder.Header("a"))
            .AddExtended('g', comment).Add(TarBuilder.Header("b"))
            .End();

        Assert.Equal(1 << 20, comment.Length);
        Assert.Equal([name, name, "a", "b"], TarListing.Read(tar).Entries.Select(entry => entry.Name));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    [InlineData('0')]
    public void A_claim_of_any_size_takes_no_memory(char type)
    {
        foreach (long size in new[] { 1 << 20, (1 << 20) + 1, 0x77777777777, int.MaxValue, long.MaxValue })
        {
            byte[] header = TarBuilder.Header("a", type: type, change: bytes => TarBuilder.Base256(bytes, size));
            using MemoryStream tar = new(header);
            TarReader reader = new(tar);
            long before = GC.GetAllocatedBytesForCurrentThread();

            Assert.Throws<InvalidDataException>(() => { reader.Next(); reader.Next(); });

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3 << 20);
        }
    }

    [Fact]
    public void A_long_name_is_cut_in_a_message()
    {
        byte[] tar = new TarBuilder().AddExtended('L', [.. Letters(4000), 0]).Add(TarBuilder.Header("a", 12)).ToArray();

        Assert.Equal(
            $"tar entry 1 ({new string('n', 100)}…), at byte 4608, breaks off 12 bytes before its end",
            Assert.Throws<InvalidDataException>(() => TarListing.Read(tar)).Message);
    }

    private static byte[] Letters(int count) => Encoding.ASCII.GetBytes(new string('n', count));

    private static byte[] Changed(Action<byte[]> change)
    {
        byte[] tar = new TarBuilder().AddFile("a", Content).End();
        change(tar);
        return tar;
    }

    private static byte[] Sized(Action<byte[]> change) =>
        new TarBuilder().Add(TarBuilder.Header("a", change: change)).AddPadded(Content).End();

    private static byte[] Prefixed(string magic) => new TarBuilder().Add(TarBuilder.Header("a", change: header =>
    {
        TarBuilder.Text(header, 257, magic);
        TarBuilder.Text(header, 345, "prefix");
    })).End();

    private static byte[] Typed(char type, long size = 0) =>
        new TarBuilder().Add(TarBuilder.Header("a", size, type)).AddPadded(new byte[size]).End();

    private static byte[] Extended(char type, ReadOnlySpan<byte> content) =>
        new TarBuilder().AddExtended(type, content).AddFile("a", Content).End();

    private static byte[] Pax(string key, string value) => Extended('x', TarBuilder.Record(key, value));
}
