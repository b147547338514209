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
    public void A_long_value_and_a_long_line_are_cut()
    {
        Assert.Equal($"{new string('x', 200)}… (400000 characters)", Printable.Short(new('x', 400_000)));
        Assert.Equal($"a\n{new string('x', 1000)}… (400000 characters)\nb", Printable.Text($"a\n{new string('x', 400_000)}\nb", keepsLines: true));
        Assert.Equal($"{new string('x', 199)}… (201 characters)", Printable.Short(new string('x', 199) + "😀"));
    }

    [Fact]
    public void Newlines_stay_where_the_text_has_lines() => Assert.Equal("a \nb ", Printable.Text("a\r\nb\u001b", keepsLines: true));
}
