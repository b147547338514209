using System.Text;
using OsoSnapshotCore.Archives.Tar;

namespace OsoSnapshotAgent.Tests.Archives.Tar;

public sealed class TarReaderTests
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("some content");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(40_000)]
    public void Gives_names_sizes_and_content_however_the_bytes_come(int size)
    {
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        byte[] tar = new TarBuilder()
            .AddFile("a/b", content)
            .Add(TarBuilder.Header("a/c/", type: '5'))
            .AddFile("d", Content)
            .End();

        ListedEntry[] entries =
            [ListedEntry.File("a/b", content), ListedEntry.Directory("a/c/"), ListedEntry.File("d", Content)];
        Assert.Equal(entries, TarListing.Read(tar).Entries);
        Assert.Equal(entries, TarListing.Read(tar, piece: 1).Entries);
        Assert.Equal(entries, TarListing.Read(tar, piece: 513).Entries);
    }

    [Fact]
    public void Skips_content_that_nobody_reads()
    {
        using MemoryStream tar = new(new TarBuilder().AddFile("a", new byte[100_001]).AddFile("b", Content).End());
        TarReader reader = new(tar);

        Assert.Equal("a", reader.Next()?.Name);
        Assert.Equal(7, reader.Read(new byte[7]));
        Assert.Equal("b", reader.Next()?.Name);
        Assert.Null(reader.Next());
    }

    [Fact]
    public void Never_takes_content_for_a_header_wherever_one_stands_in_it()
    {
        foreach (char type in "xgLK0S")
        {
            byte[] period = [.. TarBuilder.Header("evil", 0x7FFFFFFF, type), (byte)' '];
            byte[] content = [.. Enumerable.Repeat(period, 512).SelectMany(bytes => bytes)];

            byte[] tar = new TarBuilder().AddFile("a", content).AddFile("b", content.AsSpan(1)).End();

            Assert.Equal(
                [ListedEntry.File("a", content), ListedEntry.File("b", content[1..])],
                TarListing.Read(tar).Entries);
        }
    }

    [Fact]
    public void A_content_of_zeros_does_not_end_the_archive()
    {
        byte[] zeros = new byte[5000];

        Assert.Equal(
            [ListedEntry.File("a", zeros), ListedEntry.File("b", zeros)],
            TarListing.Read(new TarBuilder().AddFile("a", zeros).AddFile("b", zeros).End()).Entries);
    }

    [Fact]
    public void Reads_the_longest_name_of_ustar_and_the_names_of_GNU_tar_and_v7()
    {
        string prefix = new('p', 155);
        string name = new('n', 100);
        byte[] tar = new TarBuilder()
            .Add(TarBuilder.Header(name, change: header => TarBuilder.Text(header, 345, prefix)))
            .Add(TarBuilder.Header(name, change: header => TarBuilder.Text(header, 257, "ustar  \0")))
            .Add(TarBuilder.Header("v7", change: header => header.AsSpan(257).Clear()))
            .End();

        Assert.Equal([$"{prefix}/{name}", name, "v7"], TarListing.Read(tar).Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void A_slash_at_the_end_makes_a_directory()
    {
        byte[] tar = new TarBuilder()
            .Add(TarBuilder.Header("a/", type: '\0'))
            .Add(TarBuilder.Header("b/"))
            .Add(TarBuilder.Header("c", type: '5'))
            .End();

        Assert.Equal(
            [ListedEntry.Directory("a/"), ListedEntry.Directory("b/"), ListedEntry.Directory("c")],
            TarListing.Read(tar).Entries);
    }

    [Theory]
    [InlineData('\0', true)]
    [InlineData('0', true)]
    [InlineData('7', true)]
    [InlineData('1', false)]
    [InlineData('2', false)]
    [InlineData('3', false)]
    [InlineData('4', false)]
    [InlineData('6', false)]
    [InlineData('V', false)]
    public void Tells_files_from_what_else_there_is(char type, bool isFile)
    {
        byte[] content = isFile ? Content : [];
        byte[] tar = new TarBuilder()
            .Add(TarBuilder.Header("a", content.Length, type)).AddPadded(content)
            .AddFile("b", Content)
            .End();

        Assert.Equal(
            [isFile ? ListedEntry.File("a", content) : ListedEntry.Other("a"), ListedEntry.File("b", Content)],
            TarListing.Read(tar).Entries);
    }

    [Theory]
    [InlineData("00000000014\0")]
    [InlineData("000000000014")]
    [InlineData("         14 ")]
    [InlineData("14 \0\0\0\0\0\0\0\0\0")]
    public void Reads_a_size_as_any_program_writes_it(string size)
    {
        byte[] tar = new TarBuilder()
            .Add(TarBuilder.Header("a", change: header => TarBuilder.Text(header, 124, size))).AddPadded(Content)
            .End();

        Assert.Equal([ListedEntry.File("a", Content)], TarListing.Read(tar).Entries);
    }

    [Fact]
    public void Reads_a_size_in_base_256_and_takes_none_at_all_for_0()
    {
        byte[] tar = new TarBuilder()
            .Add(TarBuilder.Header("a", change: header => TarBuilder.Base256(header, Content.Length)))
            .AddPadded(Content)
            .Add(TarBuilder.Header("b", change: header => header.AsSpan(124, 12).Clear()))
            .End();

        Assert.Equal([ListedEntry.File("a", Content), ListedEntry.File("b", [])], TarListing.Read(tar).Entries);
    }

    [Theory]
    [InlineData(0x200000000L)]
    [InlineData(long.MaxValue)]
    public void Tells_a_size_over_8_GiB_before_the_content_comes(long size)
    {
        foreach (TarBuilder start in new[]
        {
            new TarBuilder().Add(TarBuilder.Header("a", change: header => TarBuilder.Base256(header, size))),
            new TarBuilder().AddExtended('x', TarBuilder.Record("size", $"{size}")).Add(TarBuilder.Header("a")),
        })
        {
            using MemoryStream tar = new(start.Add(Content).ToArray());
            TarReader reader = new(tar);

            Assert.Equal(new TarHeader("a", TarEntryKind.File, size), reader.Next());
            Assert.Equal(Content.Length, reader.Read(new byte[100]));
            InvalidDataException failure = Assert.Throws<InvalidDataException>(() => reader.Read(new byte[100]));
            Assert.EndsWith(
                $" breaks off {size - Content.Length} bytes before its end", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Accepts_a_checksum_of_signed_bytes_as_GNU_tar_does()
    {
        byte[] header = TarBuilder.Header("grün");
        TarBuilder.Sum(header, isSigned: true);

        Assert.Equal([ListedEntry.File("grün", [])], TarListing.Read(new TarBuilder().Add(header).End()).Entries);
    }

    [Fact]
    public void A_long_name_of_GNU_tar_holds_only_for_the_next_entry()
    {
        string name = new('ü', 2000);
        byte[] tar = new TarBuilder()
            .AddExtended('L', [.. Encoding.UTF8.GetBytes(name), 0]).Add(TarBuilder.Header("short"))
            .AddExtended('K', new byte[4097]).Add(TarBuilder.Header("link", type: '2'))
            .AddExtended('L', Encoding.UTF8.GetBytes(name + "\0rest"))
            .AddExtended('K', new byte[20]).Add(TarBuilder.Header("short", type: '2'))
            .End();

        Assert.Equal(
            [ListedEntry.File(name, []), ListedEntry.Other("link"), ListedEntry.Other(name)],
            TarListing.Read(tar).Entries);
    }

    [Fact]
    public void Pax_records_hold_only_for_the_next_entry_and_the_last_of_several_counts()
    {
        string name = new('ü', 2000);
        byte[] records =
        [
            .. TarBuilder.Record("path", "first"),
            .. TarBuilder.Record("mtime", "1.5"),
            .. TarBuilder.Record("path", name),
            .. TarBuilder.Record("size", "12"),
            .. TarBuilder.Record("comment", "with = and \n in it"),
            .. TarBuilder.Record("pathology", "x"),
        ];
        byte[] tar = new TarBuilder()
            .AddExtended('g', TarBuilder.Record("comment", "for all"))
            .AddExtended('x', records).Add(TarBuilder.Header("short", size: 0)).AddPadded(Content)
            .AddExtended('x', []).AddFile("b", Content)
            .AddExtended('x', TarBuilder.Record("mtime", "1")).AddExtended('L', "c\0"u8).AddFile("short", Content)
            .End();

        Assert.Equal(
            [ListedEntry.File(name, Content), ListedEntry.File("b", Content), ListedEntry.File("c", Content)],
            TarListing.Read(tar).Entries);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8192)]
    [InlineData(100_000)]
    public void Any_number_of_zeros_may_follow_the_end(int count) =>
        Assert.Single(TarListing.Read([.. new TarBuilder().AddFile("a", Content).End(), .. new byte[count]]).Entries);

    [Fact]
    public void An_archive_of_nothing_is_one() => Assert.Empty(TarListing.Read(TarBuilder.TwoZeroBlocks).Entries);
}
