using System.Text;
using OsoSnapshotCore.Files.Linux;

namespace OsoSnapshotAgent.Tests.Files;

public sealed class FileNameTests
{
    [Theory]
    [InlineData("")]
    [InlineData("snapshots.tgz")]
    [InlineData("é")]
    [InlineData("日本語")]
    [InlineData("🦀.tgz")]
    public void Text_becomes_its_UTF_8_with_a_NUL_and_comes_back(string name)
    {
        Assert.Equal([.. Encoding.UTF8.GetBytes(name), 0], FileName.Encode(name));
        Assert.Equal(name, FileName.Decode(Encoding.UTF8.GetBytes(name)));
        Assert.True(FileName.IsUtf8(name));
    }

    [Fact]
    public void A_byte_that_is_no_UTF_8_becomes_one_lone_surrogate()
    {
        Assert.Equal("a\uDCFFb\uDCC3(", FileName.Decode([(byte)'a', 0xFF, (byte)'b', 0xC3, (byte)'(']));
        Assert.Equal([(byte)'a', 0xFF, (byte)'b', 0xC3, (byte)'(', 0], FileName.Encode("a\uDCFFb\uDCC3("));
    }

    // The cases have bytes that UTF-8 never uses, overlong encodings, and incomplete characters.
    [Theory]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0xAF })]
    [InlineData(new byte[] { 0xE2, 0x82 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xB3, 0xBF })]
    [InlineData(new byte[] { 0xF0, 0x9F, 0xA6 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { (byte)'a', 0xE2, 0x82, (byte)'b', 0xE2, 0x82, 0xAC })]
    public void A_name_that_is_not_UTF_8_comes_back_byte_by_byte_and_is_told_apart(byte[] bytes)
    {
        string name = FileName.Decode(bytes);

        Assert.Equal([.. bytes, 0], FileName.Encode(name));
        Assert.False(FileName.IsUtf8(name));
        Assert.False(FileName.IsUtf8("before " + name + " after"));
    }

    [Fact]
    public void Every_pair_of_bytes_comes_back()
    {
        for (int pair = 0; pair <= 0xFFFF; pair++)
        {
            byte[] bytes = [(byte)(pair >> 8), (byte)pair];
            Assert.True(bytes.AsSpan().SequenceEqual(FileName.Encode(FileName.Decode(bytes)).AsSpan(..2)), $"{pair:x4}");
        }
    }

    [Fact]
    public void Different_bytes_become_different_names() =>
        Assert.Equal(256, Enumerable.Range(0, 256).Select(value => FileName.Decode([(byte)value])).Distinct().Count());
}
