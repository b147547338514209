using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;

namespace OsoSnapshotAgent.Tests.Volume;

/// <summary>Tests the listing against the real <c>ls -lh</c>, in the C locale and in UTC.</summary>
public sealed class LongListingTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void An_empty_directory_is_as_ls_lists_it() => AssertAsLs();

    [Fact]
    public void Hidden_files_are_left_out()
    {
        _directory.Write(".hidden", new byte[100_000]);
        _directory.Write("visible", "x");

        AssertAsLs();
    }

    [Fact]
    public void Every_mode_is_as_ls_shows_it()
    {
        foreach (string mode in new[] { "0000", "0644", "0755", "1777", "1776", "2755", "2745", "4755", "4655", "6755", "7000", "7777" })
        {
            SystemTool.Output("chmod", mode, _directory.Write("file-" + mode, "x"));
            SystemTool.Output("chmod", mode, _directory.Make("directory-" + mode));
        }

        AssertAsLs();
        SystemTool.Output("chmod", "-R", "u+rwx", _directory.Root);
    }

    [Fact]
    public void Links_pipes_and_link_counts_are_as_ls_shows_them()
    {
        string file = _directory.Write("file", "x");
        SystemTool.Output("ln", file, _directory.PathOf("second-name"));
        SystemTool.Output("mkfifo", _directory.PathOf("pipe"));
        _directory.Link("link", "file");
        _directory.Link("dangling", "/not/there at all");
        foreach (int i in Enumerable.Range(0, 12))
        {
            _directory.Make($"directory/{i}");
        }

        AssertAsLs();
    }

    [Fact]
    public void Every_size_is_as_ls_rounds_it()
    {
        long[] sizes =
        [
            0, 1, 999, 1000, 1023, 1024, 1025, 1126, 1127, 10_137, 10_138, 10_139, 10_239, 10_240, 10_241, 102_399, 1_023_999, 1_047_552, 1_047_553,
            1_048_575, 1_048_576, 1_048_577, 10_380_902, 10_485_759, 10_485_760, 536_870_912, 1_072_693_248, 1_072_693_249, 1_073_741_824, 5_000_000_000, 1_099_511_627_776,
        ];
        foreach (long size in sizes)
        {
            using FileStream file = File.Create(_directory.PathOf(size.ToString("D15", System.Globalization.CultureInfo.InvariantCulture)));
            file.SetLength(size);
        }

        AssertAsLs();
    }

    [Fact]
    public void Recent_times_are_shown_with_the_hour_and_others_with_the_year()
    {
        foreach (string time in new[] { "now", "-1 hour", "-100 days", "-180 days", "-185 days", "-3 years", "+1 hour", "+2 years", "1969-12-31T00:00:00Z", "2001-02-03T04:05:06Z" })
        {
            SystemTool.Output("touch", "-d", time, _directory.PathOf(time));
        }

        AssertAsLs();
    }

    [Fact]
    public void Owners_are_named_where_they_are_known_and_aligned_as_ls_does()
    {
        _directory.Write("a", "x");
        _directory.Write("b", "x");
        string c = _directory.Write("c", "x");
        if (SystemTool.Output("id", "-u").Trim() == "0")
        {
            SystemTool.Output("chown", "65534:65534", _directory.PathOf("a"));
            SystemTool.Output("chown", "123:1000680000", c);
        }

        AssertAsLs();
    }

    [Fact]
    public void Names_are_sorted_by_their_bytes()
    {
        foreach (string name in new[] { "b", "B", "a", "_", "10", "9", "ä", "with space" })
        {
            _directory.Write(name, name);
        }

        AssertAsLs();
    }

    public void Dispose() => _directory.Dispose();

    private void AssertAsLs()
    {
        string[] expected = SystemTool.Output("ls", "-lh", "--time-style=locale", _directory.Root).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, LongListing.Of(_directory.Open(), new AccountNames(ContainerRoot.OpenOwn().TryReadStart), DateTimeOffset.UtcNow));
    }
}
