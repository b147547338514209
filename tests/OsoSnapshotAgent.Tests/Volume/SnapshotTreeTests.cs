using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Volume;

public sealed class SnapshotTreeTests : IDisposable
{
    private const string Top = $"snapshots/{SampleData.Name}/";

    private readonly SampleData _sample = new SampleData().WithBlock(SampleBlock.OtherUlid).WithBlock();

    [Fact]
    public void Lists_directories_before_their_content_in_the_order_of_names() => Assert.Equal(
        [
            Top,
            $"{Top}{SampleBlock.Ulid}/", $"{Top}{SampleBlock.Ulid}/chunks/", $"{Top}{SampleBlock.Ulid}/chunks/000001",
            $"{Top}{SampleBlock.Ulid}/index", $"{Top}{SampleBlock.Ulid}/meta.json", $"{Top}{SampleBlock.Ulid}/tombstones",
            $"{Top}{SampleBlock.OtherUlid}/", $"{Top}{SampleBlock.OtherUlid}/chunks/", $"{Top}{SampleBlock.OtherUlid}/chunks/000001",
            $"{Top}{SampleBlock.OtherUlid}/index", $"{Top}{SampleBlock.OtherUlid}/meta.json", $"{Top}{SampleBlock.OtherUlid}/tombstones",
        ],
        _sample.Entries().Select(entry => entry.EntryName));

    [Fact]
    public void Leaves_out_a_block_that_is_not_wanted_with_all_its_files()
    {
        IEnumerable<TreeEntry> entries = SnapshotTree.Walk(_sample.Data, _sample.Snapshot, name => name != SampleBlock.Ulid);

        Assert.Equal(7, entries.Count());
        Assert.DoesNotContain(entries, entry => entry.EntryName.Contains(SampleBlock.Ulid, StringComparison.Ordinal));
    }

    [Fact]
    public void Leaves_out_other_snapshots()
    {
        _sample.Directory.Write("snapshots/20250820T165101Z-1/x", "x");

        Assert.Equal(13, _sample.Entries().Count());
    }

    [Fact]
    public void Refuses_a_symbolic_link_which_would_lead_out_of_the_snapshot()
    {
        string link = _sample.Directory.Link($"{Top}{SampleBlock.Ulid}/chunks/000002", "/etc/passwd");

        Expect.Failure(() => _ = _sample.Entries().Count(), ExitStatus.ArchiveFailed, $"{link} is neither a file nor a directory", "delete it, and run again");
    }

    public void Dispose() => _sample.Dispose();
}
