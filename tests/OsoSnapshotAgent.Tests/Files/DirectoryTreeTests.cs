using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Files;

public sealed class DirectoryTreeTests : IDisposable
{
    private readonly TempDirectory _outside = new();
    private readonly TempDirectory _directory = new();
    private readonly DirectoryHandle _handle;

    public DirectoryTreeTests()
    {
        _outside.Write("precious", "x");
        _handle = _directory.Open();
    }

    [Fact]
    public void By_name_a_directory_comes_before_its_content_and_names_are_in_the_order_of_their_letters()
    {
        WriteTree();

        Assert.Equal(
            ["B", "a", "a/1", "a/b", "a/b/2", "a-file", "link", "é"],
            DirectoryTree.Walk(_handle, TreeOrder.ByName).Select(item => item.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void As_listed_nothing_is_left_out_and_content_comes_on_the_right_side_of_its_directory(bool isContentFirst)
    {
        WriteTree();

        string[] paths = [.. DirectoryTree.Walk(_handle, isContentFirst ? TreeOrder.ContentFirst : TreeOrder.AsListed).Select(item => item.Path)];

        Assert.Equal(["B", "a", "a-file", "a/1", "a/b", "a/b/2", "link", "é"], paths.Order(StringComparer.Ordinal));
        Assert.All([("a", "a/1"), ("a", "a/b"), ("a/b", "a/b/2")], pair =>
            Assert.Equal(isContentFirst, Array.IndexOf(paths, pair.Item1) > Array.IndexOf(paths, pair.Item2)));
    }

    [Fact]
    public void An_item_tells_where_it_lies_and_what_it_is()
    {
        WriteTree();

        TreeItem item = DirectoryTree.Walk(_handle, TreeOrder.ByName).Single(item => item.Name == "b");
        Assert.Equal(("a/b", _directory.PathOf("a/b"), true), (item.Path, item.PathSeenByAgent, item.IsDirectory));
        TreeItem link = DirectoryTree.Walk(_handle, TreeOrder.ByName).Single(item => item.Name == "link");
        Assert.Equal((false, true), (link.IsDirectory, link.Status?.IsSymbolicLink));
    }

    [Fact]
    public void What_is_not_to_be_entered_is_told_but_not_its_content()
    {
        WriteTree();

        Assert.Equal(
            ["B", "a", "a/1", "a/b", "a-file", "link", "é"],
            DirectoryTree.Walk(_handle, TreeOrder.ByName, enters: item => item.Path != "a/b").Select(item => item.Path));
    }

    [Fact]
    public void Each_directory_is_inspected_before_anything_in_it_is_told()
    {
        WriteTree();
        List<string> events = [];

        foreach (TreeItem item in DirectoryTree.Walk(_handle, TreeOrder.ByName, inspect: directory => events.Add($"inspect {directory.Path}")))
        {
            events.Add(item.Path);
        }

        Assert.Equal(
            [$"inspect {_directory.Root}", "B", "a", $"inspect {_directory.PathOf("a")}", "a/1", "a/b", $"inspect {_directory.PathOf("a/b")}", "a/b/2", "a-file", "link", "é"],
            events);
    }

    [Theory]
    [InlineData("AsListed")]
    [InlineData("ByName")]
    [InlineData("ContentFirst")]
    public void A_directory_that_is_swapped_for_a_link_while_it_is_looked_at_is_not_entered(string order)
    {
        _directory.Write("a/1", "x");

        // A test can't swap the directory later than this, between the look at it and its opening.
        string[] paths = [.. DirectoryTree.Walk(_handle, Enum.Parse<TreeOrder>(order), enters: item =>
        {
            Directory.Move(_directory.PathOf("a"), _outside.PathOf("moved"));
            return _directory.Link("a", _outside.Root) is not null;
        }).Select(item => item.Path)];

        Assert.Equal(["a"], paths);
        Directory.Delete(_outside.PathOf("moved"), recursive: true);
    }

    [Fact]
    public void A_file_that_vanishes_during_the_walk_is_listed_without_a_status()
    {
        _directory.Write("a", "x");
        _directory.Write("b", "x");

        List<TreeItem> items = [];
        foreach (TreeItem item in DirectoryTree.Walk(_handle, TreeOrder.ByName))
        {
            items.Add(item);
            File.Delete(_directory.PathOf("b"));
        }

        Assert.Equal([("a", true), ("b", false)], items.Select(item => (item.Name, item.Status is not null)));
    }

    [Fact]
    public void A_tree_of_the_greatest_depth_is_walked_and_a_deeper_one_refused()
    {
        // The directory itself counts as the first level.
        _directory.Make(string.Join('/', Enumerable.Repeat("d", DirectoryTree.MaxDepth - 1)));
        Assert.Equal(DirectoryTree.MaxDepth - 1, DirectoryTree.Walk(_handle, TreeOrder.AsListed).Count());

        _directory.Make(string.Join('/', Enumerable.Repeat("d", DirectoryTree.MaxDepth)));
        IOException failure = Assert.Throws<IOException>(() => DirectoryTree.Walk(_handle, TreeOrder.AsListed).Count());
        Assert.Contains($"lies more than {DirectoryTree.MaxDepth} directories deep", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_the_greatest_number_of_names_is_sorted_and_one_with_more_refused()
    {
        using TempDirectory directory = new(isInMemory: true);
        using DirectoryHandle handle = directory.Open();
        Assert.Equal(100_000, DirectoryTree.MaxSortedNames);
        SystemTool.Output("sh", "-c", "cd \"$0\" && seq 100000 | xargs touch", directory.Root);
        Assert.Equal(100_000, DirectoryTree.Walk(handle, TreeOrder.ByName).Count());

        directory.Write("one-more", string.Empty);
        IOException failure = Assert.Throws<IOException>(() => DirectoryTree.Walk(handle, TreeOrder.ByName).Count());
        Assert.Equal($"{directory.Root} holds more than 100000 entries, and Prometheus makes no such directory", failure.Message);
        Assert.Equal(100_001, DirectoryTree.Walk(handle, TreeOrder.AsListed).Count());
    }

    [Fact]
    public void A_directory_that_may_not_be_read_ends_the_walk()
    {
        _directory.Make("locked");
        SystemTool.Output("chmod", "0755", _directory.Root);
        SystemTool.Output("chmod", "0000", _directory.PathOf("locked"));

        OtherUser.Do(() => Assert.Throws<UnauthorizedAccessException>(() => DirectoryTree.Walk(_handle, TreeOrder.AsListed).Count()));
        SystemTool.Output("chmod", "0700", _directory.PathOf("locked"));
    }

    [Fact]
    public void Deleting_takes_all_below_and_the_directory_and_nothing_that_a_link_leads_to()
    {
        _directory.Write("victim/a/b/file", "x");
        _directory.Link("victim/a/link", _outside.Root);
        _directory.Link("victim/dangling", "nowhere");
        SystemTool.Output("mkfifo", _directory.PathOf("victim/pipe"));
        _directory.Write("beside/file", "x");
        int deleted = 0;

        DirectoryTree.Delete(_handle, "victim", inspect: _ => { }, deleted: () => deleted++);

        Assert.Equal(["beside/", "beside/file"], _directory.Content());
        Assert.Equal(6, deleted);
    }

    [Fact]
    public void A_link_in_the_directorys_place_is_not_followed_to_delete()
    {
        _directory.Link("victim", _outside.Root);

        Assert.Throws<IOException>(() => DirectoryTree.Delete(_handle, "victim", _ => { }, () => { }));

        Assert.Equal(["victim"], _handle.Names());
    }

    [Fact]
    public void What_must_stay_stays_with_all_that_it_holds()
    {
        _directory.Write("victim/kept/file", "x");

        Assert.Throws<InvalidOperationException>(() => DirectoryTree.Delete(
            _handle,
            "victim",
            inspect: directory => _ = directory.Path.EndsWith("kept", StringComparison.Ordinal) ? throw new InvalidOperationException() : 0,
            deleted: () => { }));

        Assert.Equal(["victim/", "victim/kept/", "victim/kept/file"], _directory.Content());
    }

    [Fact]
    public void A_file_that_was_deleted_meanwhile_is_no_failure_and_a_new_one_is()
    {
        _directory.Write("victim/a", "x");
        _directory.Write("victim/b", "x");
        DirectoryTree.Delete(_handle, "victim", _ => { }, deleted: () => Array.ForEach(Directory.GetFiles(_directory.PathOf("victim")), File.Delete));
        Assert.Empty(_directory.Content());

        _directory.Write("victim/a", "x");
        IOException failure = Assert.Throws<IOException>(() =>
            DirectoryTree.Delete(_handle, "victim", _ => { }, deleted: () => _directory.Write("victim/came", "x")));
        Assert.Contains("Directory not empty", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        // This is checked after every test.
        Assert.Equal(["precious"], _outside.Content());
        _handle.Dispose();
        _directory.Dispose();
        _outside.Dispose();
    }

    private void WriteTree()
    {
        _directory.Write("a/1", "x");
        _directory.Write("a/b/2", "x");
        _directory.Write("a-file", "x");
        _directory.Write("é", "x");
        _directory.Write("B", "x");
        _directory.Link("link", _outside.Root);
    }
}
