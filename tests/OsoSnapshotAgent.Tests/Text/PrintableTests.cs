using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Tests.Text;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain ✅ text", "plain ✅ text")]
    [InlineData("\u001b[2J\u0007\u007f\u009b", " [2J   ")]
    [InlineData("a\r\nb\tc", "a  b c")]
    public void Control_characters_become_spaces(string text, string expected) => Assert.Equal(expected, Printable.Text(text));

    [Fact]
    public void Newlines_stay_where_the_text_has_lines() => Assert.Equal("a \nb ", Printable.Text("a\r\nb\u001b", keepsLines: true));
}
