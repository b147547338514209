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
    public void A_long_text_is_cut_to_300_bytes_but_never_within_a_character(string start, int bytes)
    {
        new TerminationMessage(_path).Write(start + string.Concat(Enumerable.Repeat(start[^1] == 'x' ? "x" : start.TrimStart('x'), 400)));

        byte[] written = File.ReadAllBytes(_path);
        Assert.Equal(bytes, written.Length);
        string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(written);
        Assert.EndsWith(" …", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("It broke. We are A.", "Do this. Then that.", "It broke. We are A. What to do: Do this. Then that.")]
    [InlineData("It broke.\nTwice.", "Do this,\nthen that.", "It broke. Twice. What to do: Do this, then that.")]
    [InlineData("It broke: {300}.", "Do {60}.", "It broke: {209} … What to do: Do {60}.")]
    [InlineData("It broke: {300}.", "Do {300}.", "It broke: {86} … What to do: Do {180} …")]
    [InlineData("It broke.", "Do {300}.", "It broke. What to do: Do {271} …")]
    public void A_long_problem_leaves_room_for_the_start_of_the_remedy(
        string problem, string remedy, string expected) =>
        Assert.Equal(Expand(expected), TerminationMessage.Compose(Expand(problem), Expand(remedy)));

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
