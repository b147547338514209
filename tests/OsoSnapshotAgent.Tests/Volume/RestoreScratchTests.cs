using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Volume;

/// <summary>Tests which directories of a restore are deleted: ours, which nobody is at work in.</summary>
public sealed class RestoreScratchTests : IDisposable
{
    private const string Ulid = SampleBlock.Ulid;
    private const string Name = Ulid + ".tmp-for-creation";

    private readonly SampleData _sample = new SampleData().WithBlock();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TempDirectory Directory => _sample.Directory;

    [Fact]
    public void The_directory_of_a_restore_holds_our_file_and_is_gone_with_it()
    {
        using (RestoreScratch scratch = Create())
        {
            Assert.Equal(["oso-snapshot"], scratch.Folder.Names());
            Assert.Equal(0x1C0, _sample.Data.Directory.Find(Name)!.Permissions);
        }

        Assert.Null(_sample.Data.Directory.Find(Name));
    }

    [Fact]
    public void A_directory_that_a_restore_is_at_work_in_stays()
    {
        using RestoreScratch scratch = Create();

        Assert.Empty(RestoreScratch.FindLeftOver(_sample.Data));
        Assert.Empty(RestoreScratch.DeleteLeftOver(_sample.Data, Token));
        Assert.NotNull(_sample.Data.Directory.Find(Name));
    }

    [Fact]
    public void What_a_killed_restore_has_left_is_deleted_with_its_content()
    {
        Directory.Write($"{Name}/oso-snapshot", string.Empty);
        Directory.Write($"{Name}/{Ulid}/chunks/000001", "x");

        Assert.Equal([Name], RestoreScratch.FindLeftOver(_sample.Data));
        Assert.Equal([Name], RestoreScratch.DeleteLeftOver(_sample.Data, Token));
        Assert.Null(_sample.Data.Directory.Find(Name));
    }

    [Theory]
    [InlineData($"{Ulid}.tmp-for-creation/index", "a compaction of Prometheus, which has no file of ours")]
    [InlineData($"{Ulid}.tmp-for-deletion/oso-snapshot", "another directory of Prometheus")]
    [InlineData("mine.tmp-for-creation/oso-snapshot", "no block's name")]
    [InlineData($"{Ulid}/oso-snapshot", "a block")]
    [InlineData($"{Ulid}.tmp-for-creation/oso-snapshot/x", "a directory in place of our file")]
    public void Other_directories_stay(string file, string what)
    {
        Directory.Write(file, "x");

        Assert.Empty(RestoreScratch.FindLeftOver(_sample.Data));
        Assert.Empty(RestoreScratch.DeleteLeftOver(_sample.Data, Token));
        Assert.True(File.Exists(Directory.PathOf(file)), what);
    }

    [Fact]
    public void A_directory_with_a_link_or_a_second_name_in_place_of_our_file_stays()
    {
        Directory.Write("other", "x");
        Directory.Write($"{Name}/index", "x");
        Directory.Link($"{Name}/oso-snapshot", "../other");
        Assert.Empty(RestoreScratch.DeleteLeftOver(_sample.Data, Token));

        File.Delete(Directory.PathOf($"{Name}/oso-snapshot"));
        SystemTool.Run("ln", Directory.PathOf("other"), Directory.PathOf($"{Name}/oso-snapshot"));
        Assert.Empty(RestoreScratch.DeleteLeftOver(_sample.Data, Token));
        Assert.True(File.Exists(Directory.PathOf($"{Name}/index")));
    }

    [Fact]
    public void A_database_below_stops_the_deletion()
    {
        Directory.Write($"{Name}/oso-snapshot", string.Empty);
        Directory.Write($"{Name}/data/wal/00000000", "x");

        OperatorException refused =
            Assert.Throws<OperatorException>(() => RestoreScratch.DeleteLeftOver(_sample.Data, Token));

        Assert.Contains("holds wal", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Directory.PathOf($"{Name}/data/wal/00000000")));
    }

    [Fact]
    public void What_could_not_be_deleted_keeps_its_mark()
    {
        using (RestoreScratch scratch = Create())
        {
            Directory.Write($"{Name}/foreign", "x");
        }

        Assert.Equal([Name], RestoreScratch.FindLeftOver(_sample.Data));
    }

    public void Dispose() => _sample.Dispose();

    private RestoreScratch Create()
    {
        Assert.True(BlockId.TryParse(Ulid, out BlockId id));
        return RestoreScratch.Create(_sample.Data, id);
    }
}
