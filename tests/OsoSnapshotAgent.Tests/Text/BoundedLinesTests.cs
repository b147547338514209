using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Tests.Text;

public sealed class BoundedLinesTests
{
    private static readonly string Longest = new('x', BoundedLines.MaxLetters);

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("one", new[] { "one" })]
    [InlineData("one\n", new[] { "one" })]
    [InlineData("one\n\nthree", new[] { "one", "", "three" })]
    [InlineData("\n", new[] { "" })]
    public void Lines_come_without_their_end(string text, string[] lines) => Assert.Equal(lines, Read(text));

    [Fact]
    public void The_longest_line_comes_whole_and_a_longer_one_is_cut_with_a_mark() => Assert.Equal(
        [Longest, Longest + " … (the line is longer)", "next", Longest + " … (the line is longer)"],
        Read($"{Longest}\n{Longest}y\nnext\n{Longest}yy"));

    [Fact]
    public void A_line_that_never_ends_is_read_by_pieces_and_takes_no_memory()
    {
        using Endless endless = new(letters: 20_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Single(BoundedLines.Read(endless));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    private static IEnumerable<string> Read(string text) => BoundedLines.Read(new StringReader(text));

    private sealed class Endless(int letters) : TextReader
    {
        private int _left = letters;

        public override int Read() => _left-- > 0 ? 'x' : -1;
    }
}
