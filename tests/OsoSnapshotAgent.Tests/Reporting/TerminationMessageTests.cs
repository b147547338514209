using System.Text;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Reporting;

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
    [InlineData("✅", 300)]
    [InlineData("x✅", 298)]
    [InlineData("😀", 300)]
    [InlineData("x😀", 297)]
    public void Is_cut_to_300_bytes_but_never_within_a_character(string start, int bytes)
    {
        new TerminationMessage(_path).Write(start + string.Concat(Enumerable.Repeat(start[^1] == 'x' ? "x" : start.TrimStart('x'), 400)));

        byte[] written = File.ReadAllBytes(_path);
        Assert.Equal(bytes, written.Length);
        Assert.Equal(bytes, Encoding.UTF8.GetByteCount(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(written)));
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
        // A kernel file that even root can't write.
        new TerminationMessage("/proc/version").Write("x");

        Assert.NotEqual("x", File.ReadAllText("/proc/version"));
    }

    public void Dispose() => _directory.Dispose();
}
