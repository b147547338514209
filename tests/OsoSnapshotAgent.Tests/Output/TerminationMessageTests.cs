using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Output;

public sealed class TerminationMessageTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _path;

    public TerminationMessageTests() => _path = _directory.Write("termination-log", "what an earlier start has left, which is longer");

    [Fact]
    public void Is_one_line()
    {
        new TerminationMessage(_path).Write("one\ntwo\r\nthree");

        Assert.Equal("one two three", File.ReadAllText(_path));
    }

    [Theory]
    [InlineData("x", 300)]
    [InlineData("é", 300)]
    [InlineData("✅", 298)]
    [InlineData("x✅", 299)]
    [InlineData("😀", 300)]
    [InlineData("x😀", 297)]
    public void A_word_without_an_end_is_cut_to_300_bytes_but_never_within_a_character(string start, int bytes)
    {
        new TerminationMessage(_path).Write(start + string.Concat(Enumerable.Repeat(start[^1] == 'x' ? "x" : start.TrimStart('x'), 400)));

        byte[] written = File.ReadAllBytes(_path);
        Assert.Equal(bytes, written.Length);
        string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(written);
        Assert.EndsWith(" …", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_too_long_ends_at_a_word()
    {
        new TerminationMessage(_path).Write("é " + string.Concat(Enumerable.Repeat("four ", 100)));

        Assert.Equal($"é {string.Concat(Enumerable.Repeat("four ", 58))}…", File.ReadAllText(_path));
    }

    [Theory]
    [InlineData("It broke. We are A.", "Do this. Then that.", "It broke. We are A. What to do: Do this. Then that.")]
    [InlineData("It broke.\nTwice.", "Do this,\nthen that.", "It broke. Twice. What to do: Do this, then that.")]
    [InlineData("It broke. We are A. X{200}. B.", "{100}.", "It broke. We are A. … What to do: {100}.")]
    [InlineData("A='a. b' is none.\nB='{200}' is none.", "{100}.", "A='a. b' is none. … What to do: {100}.")]
    [InlineData("It broke. We are A.", "{268}.", "It broke. … What to do: {268}.")]
    public void Of_a_problem_its_first_sentences_stay_where_the_whole_remedy_fits(
        string problem, string remedy, string expected) =>
        Assert.Equal(Expand(expected), TerminationMessage.Compose(Expand(problem), Expand(remedy)));

    [Theory]
    [InlineData("It broke. We are A.", "Do {300} this.", "It broke. … What to do: Do …")]
    [InlineData("It broke at a {150} c {300} for ever.", "Do {60} and {60} on.", "It broke at a {150} c … What to do: Do {60} …")]
    public void Where_even_these_are_too_long_both_keep_their_part(string problem, string remedy, string expected)
    {
        string told = TerminationMessage.Compose(Expand(problem), Expand(remedy));

        Assert.StartsWith(Expand(expected)[..^2], told, StringComparison.Ordinal);
        Assert.EndsWith(" …", told, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(told), 100, 300);
    }

    [Fact]
    public void Is_not_written_where_there_is_no_file_for_it()
    {
        new TerminationMessage(_directory.PathOf("nowhere")).Write("x");

        Assert.Equal(["termination-log"], _directory.Content());
    }

    [Fact]
    public void Is_never_a_failure()
    {
        // Even root can't write to this kernel file.
        new TerminationMessage("/proc/version").Write("x");

        Assert.NotEqual("x", File.ReadAllText("/proc/version"));
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>"{60}" stands for a word of 60 letters.</summary>
    private static string Expand(string text) => Regex.Replace(
        text, "{[0-9]+}", word => new string('w', int.Parse(word.Value[1..^1], CultureInfo.InvariantCulture)));
}
