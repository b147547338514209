using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Take;

public sealed class ExportEndTests
{
    [Fact]
    public void The_figures_are_read_and_the_rest_is_the_reason()
    {
        ExportEnd end = ExportEnd.Parse(
            $"engine isa-l 2.30 avx2\nwritten 3\nbytes 42\nsha256 {Recorded.Sha256}\n", new(42, 0, string.Empty));

        Assert.Equal(("isa-l 2.30 avx2", 42L, Recorded.Sha256), (end.Engine, end.Bytes, end.Sha256?.Text));
        Assert.False(end.IsBeyondEnd || end.IsUnreadable);
    }

    [Theory]
    [InlineData("bytes -1")]
    [InlineData("bytes 9223372036854775808")]
    [InlineData("bytes  1")]
    [InlineData("bytes")]
    [InlineData("sha256 ../../x")]
    [InlineData("sha256 790FF1633D500F2FECDDCE51FF3AE6A8B1F752233751EAD190EB0CB39CDCE4B7")]
    [InlineData("engine ")]
    public void A_wrong_figure_is_none(string line)
    {
        ExportEnd end = ExportEnd.Parse(line + "\n", new(0, 0, string.Empty));

        Assert.Equal((null, null, null), (end.Engine, end.Bytes, end.Sha256));
        Assert.Equal(line.Trim(), end.ErrorText);
    }

    [Fact]
    public void An_engine_of_any_length_and_an_error_with_commands_are_refused_and_stripped()
    {
        ExportEnd end = ExportEnd.Parse($"engine {new string('x', 200)}\n", new(0, 0, string.Empty));
        ExportEnd evil = ExportEnd.Parse("a\u001b[2J\nb\n", new(0, null, "reset"));

        Assert.Null(end.Engine);
        Assert.Equal("a [2J b", evil.ErrorText);
        Assert.Equal("reset", ExportEnd.Parse("bytes 1\n", new(0, null, "reset")).ErrorText);
    }

    [Theory]
    [InlineData(0, 2, true, false)]
    [InlineData(1, 2, false, false)]
    [InlineData(0, 6, false, true)]
    [InlineData(0, 0, false, false)]
    [InlineData(0, null, false, false)]
    public void The_status_says_whether_more_can_come(long came, int? exitCode, bool isBeyondEnd, bool isUnreadable)
    {
        ExportEnd end = new(came, exitCode, string.Empty);

        Assert.Equal((isBeyondEnd, isUnreadable), (end.IsBeyondEnd, end.IsUnreadable));
    }
}
