using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Volume;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private DataDirectory Data => new(_directory.Open());

    [Theory]
    [InlineData("wal", true)]
    [InlineData("chunks_head", true)]
    [InlineData(SampleBlock.Ulid, true)]
    [InlineData("snapshots", false)]
    [InlineData("01J5QZ8X0M3N4P5Q6R7S8T9V0", false)]
    public void Is_known_by_what_only_a_server_leaves(string child, bool isTsdb)
    {
        _directory.Make(child);

        Assert.Equal(isTsdb, Data.HoldsTsdb());
    }

    [Fact]
    public void Counts_of_the_head_the_numbered_segments_and_the_newest_checkpoint()
    {
        string[] read = ["wal/00000007", "wal/00000008", "wal/checkpoint.00000006/00000000", "wal/checkpoint.00000006/00000001", "chunks_head/000003"];
        string[] others =
        [
            "wal/checkpoint.00000004/00000000", "wal/checkpoint.00000009.tmp/00000000", "wal/checkpoint.00000005.tmp/00000000", "wal/00000009.tmp",
            "chunks_head/000004.tmp", "wal/readme", "wal/checkpoint.x/00000000",
        ];
        foreach (string file in read.Concat(others))
        {
            _directory.Write(file, "x");
        }

        Assert.Equal(read.Order(StringComparer.Ordinal), Data.HeadFiles.Select(item => item.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Counts_as_reclaimable_only_what_is_not_shared_with_live_blocks()
    {
        byte[] content = new byte[64 * 1024];
        new Random(1).NextBytes(content);
        string live = _directory.Write("01J/index", content);
        _directory.Make("snapshots/x");
        SystemTool.Output("ln", live, _directory.PathOf("snapshots/x/index"));
        _directory.Write("snapshots/x/head", content);
        _directory.Write("snapshots.tgz", content);
        _directory.Write("snapshots.log", content);

        long expected = SystemTool.Output("du", "-B1", _directory.PathOf("snapshots/x/head"), _directory.PathOf("snapshots.tgz"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(line => long.Parse(line.Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal(expected, new Artefacts(Data).ReclaimableBytes());
        Assert.True(expected >= 2 * content.Length);
    }

    [Fact]
    public void Only_a_directory_is_a_snapshot()
    {
        _directory.Make("snapshots/one");
        _directory.Write("snapshots/file", "x");

        Assert.Equal(["one"], Data.SnapshotNames());
    }

    [Fact]
    public void Where_the_log_of_samples_that_came_out_of_order_can_not_be_walked_nothing_is_known()
    {
        _directory.Make("wbl/" + string.Join('/', Enumerable.Repeat("deep", DirectoryTree.MaxDepth + 1)));

        Assert.Null(Data.HasOutOfOrderSamples());
    }

    [Fact]
    public void Without_a_snapshots_directory_there_are_no_snapshots() => Assert.Empty(Data.SnapshotNames());

    public void Dispose() => _directory.Dispose();
}
