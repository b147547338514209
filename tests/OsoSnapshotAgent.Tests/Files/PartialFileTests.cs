using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Files;

public sealed class PartialFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Part => _directory.PathOf("a.part");

    private string Final => _directory.PathOf("a");

    [Fact]
    public void Has_its_final_name_only_after_the_commit()
    {
        using PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a");
        file.Stream.Write("content"u8);

        Assert.Equal(["a.part"], _directory.Content());
        file.Commit();
        Assert.Equal(["a"], _directory.Content());
        Assert.Equal("content", File.ReadAllText(Final));
    }

    [Fact]
    public void A_commit_replaces_an_older_file()
    {
        _directory.Write("a", "old");
        using PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a");
        file.Commit();

        Assert.Empty(File.ReadAllText(Final));
    }

    [Fact]
    public void Disposed_without_a_commit_it_is_deleted_and_the_older_file_stays()
    {
        _directory.Write("a", "old");
        using (PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a"))
        {
            file.Stream.Write("half"u8);
        }

        Assert.Equal(["a"], _directory.Content());
        Assert.Equal("old", File.ReadAllText(Final));
    }

    [Fact]
    public void Disposed_after_the_commit_it_stays()
    {
        PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a");
        file.Commit();
        file.Dispose();
        file.Dispose();

        Assert.Equal(["a"], _directory.Content());
    }

    [Fact]
    public void A_commit_that_fails_leaves_nothing()
    {
        _directory.Make("a/in-the-way");
        using (PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a"))
        {
            Assert.ThrowsAny<Exception>(file.Commit);
        }

        Assert.Equal(["a/", "a/in-the-way/"], _directory.Content());
    }

    [Fact]
    public void Refuses_a_partial_file_that_exists_and_leaves_it_alone()
    {
        _directory.Write("a.part", "of another run");

        IOException failure = Assert.Throws<IOException>(() => PartialFile.Create(_directory.Open(), "a.part", "a"));

        Assert.Contains("File exists", failure.Message, StringComparison.Ordinal);
        Assert.Equal("of another run", File.ReadAllText(Part));
    }

    [Theory]
    [InlineData("victim")]
    [InlineData("not-there-yet")]
    public void Follows_no_planted_symbolic_link(string destination)
    {
        _directory.Write("victim", "precious");
        _directory.Link("a.part", destination);

        Assert.Throws<IOException>(() => PartialFile.Create(_directory.Open(), "a.part", "a"));

        Assert.Equal(["a.part", "victim"], _directory.Content());
        Assert.Equal("precious", File.ReadAllText(_directory.PathOf("victim")));
    }

    [Fact]
    public void A_file_that_somebody_else_has_put_in_its_place_gets_no_final_name()
    {
        _directory.Write("a", "old");
        using (PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a"))
        {
            File.Delete(Part);
            _directory.Write("a.part", "of somebody else");

            Assert.Equal($"{Part} was replaced by another process while it was written", Assert.Throws<IOException>(file.Commit).Message);
        }

        Assert.Equal("old", File.ReadAllText(Final));
    }

    [Fact]
    public void A_file_that_can_not_be_flushed_gets_no_final_name()
    {
        _directory.Write("a", "old");
        using (PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a"))
        {
            FailingDisk.Do(Part, () => Assert.Contains($"{Part} can't be flushed", Assert.Throws<IOException>(file.Commit).Message, StringComparison.Ordinal));
        }

        Assert.Equal(["a"], _directory.Content());
        Assert.Equal("old", File.ReadAllText(Final));
    }

    [Fact]
    public void A_file_whose_new_name_can_not_be_flushed_keeps_it_since_the_older_one_is_gone()
    {
        _directory.Write("a", "old");
        using (PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a"))
        {
            FailingDisk.Do(_directory.Root, () => Assert.Throws<NotDurableException>(file.Commit));
        }

        Assert.Equal(["a"], _directory.Content());
        Assert.Empty(File.ReadAllText(Final));
    }

    [Fact]
    public void After_the_commit_others_may_use_the_partial_name()
    {
        using (PartialFile file = PartialFile.Create(_directory.Open(), "a.part", "a"))
        {
            file.Commit();
            _directory.Write("a.part", "of the next");
        }

        Assert.Equal(["a", "a.part"], _directory.Content());
    }

    public void Dispose() => _directory.Dispose();
}
