using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Target;

public sealed class SymbolicLinksTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Root => _directory.PathOf("root");

    [Fact]
    public void An_absolute_link_is_resolved_in_the_targets_root()
    {
        _directory.Make("root/volumes/prom");
        _directory.Link("root/var/lib/data", "/volumes/prom");

        Assert.Equal($"{Root}/volumes/prom", SymbolicLinks.Resolve(Root, "/var/lib/data"));
        Assert.Equal($"{Root}/volumes/prom/snapshots", SymbolicLinks.Resolve(Root, "/var/lib/data/snapshots"));
    }

    [Fact]
    public void A_relative_link_is_resolved_beside_itself()
    {
        _directory.Make("root/a/b");
        _directory.Link("root/a/link", "b");
        _directory.Link("root/a/b/up", "../../a");

        Assert.Equal($"{Root}/a/b", SymbolicLinks.Resolve(Root, "/a/link"));
        Assert.Equal($"{Root}/a/b", SymbolicLinks.Resolve(Root, "/a/link/up/link"));
    }

    [Fact]
    public void A_link_that_leads_to_a_link_is_followed_to_the_end()
    {
        _directory.Make("root/end");
        _directory.Link("root/one", "/two");
        _directory.Link("root/two", "three");
        _directory.Link("root/three", "/end");

        Assert.Equal($"{Root}/end", SymbolicLinks.Resolve(Root, "/one"));
    }

    [Theory]
    [InlineData("/../../etc/passwd", "/etc/passwd")]
    [InlineData("/a/../../../b", "/b")]
    [InlineData("/./a//b/.", "/a/b")]
    [InlineData("/", "")]
    [InlineData("/..", "")]
    public void Dots_never_lead_out_of_the_root(string pathInContainer, string expected) =>
        Assert.Equal(Root + expected, SymbolicLinks.Resolve(Root, pathInContainer));

    [Fact]
    public void A_link_with_dots_never_leads_out_of_the_root()
    {
        _directory.Link("root/data", "../../../../etc");

        Assert.Equal($"{Root}/etc", SymbolicLinks.Resolve(Root, "/data"));
    }

    [Fact]
    public void A_loop_of_links_is_an_error_and_no_endless_search()
    {
        _directory.Link("root/a", "/b");
        _directory.Link("root/b", "/a");

        IOException failure = Assert.Throws<IOException>(() => SymbolicLinks.Resolve(Root, "/a"));

        Assert.Contains("too many levels of symbolic links", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Forty_links_are_followed_as_the_kernel_does()
    {
        _directory.Make("root/0");
        for (int i = 1; i <= 41; i++)
        {
            _directory.Link($"root/{i}", $"{i - 1}");
        }

        Assert.Equal($"{Root}/0", SymbolicLinks.Resolve(Root, "/40"));
        Assert.Throws<IOException>(() => SymbolicLinks.Resolve(Root, "/41"));
    }

    [Fact]
    public void Missing_parts_are_kept() => Assert.Equal($"{Root}/not/there", SymbolicLinks.Resolve(Root, "/not/there"));

    public void Dispose() => _directory.Dispose();
}
