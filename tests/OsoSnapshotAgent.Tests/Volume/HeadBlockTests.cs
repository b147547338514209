using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;

namespace OsoSnapshotAgent.Tests.Volume;

public sealed class HeadBlockTests : IDisposable
{
    private readonly SampleData _sample = new SampleData().WithBlock().WithBlock(SampleBlock.OtherUlid);

    [Fact]
    public void Is_the_block_that_no_live_block_shares()
    {
        Share(SampleBlock.OtherUlid);

        Assert.Equal(SampleBlock.Id, HeadBlock.Find(_sample.Data, _sample.Snapshot));
    }

    [Fact]
    public void If_no_live_block_shares_either_of_two_none_is_the_heads() => Assert.Null(HeadBlock.Find(_sample.Data, _sample.Snapshot));

    [Fact]
    public void Without_the_head_there_is_none()
    {
        Share(SampleBlock.OtherUlid);
        Share(SampleBlock.Ulid);

        Assert.Null(HeadBlock.Find(_sample.Data, _sample.Snapshot));
    }

    [Fact]
    public void Many_directories_beside_the_blocks_take_no_memory()
    {
        Share(SampleBlock.OtherUlid);
        for (int i = 0; i < 20_000; i++)
        {
            _sample.Directory.Make($"01ARZ3NDEKTSV4RRFFQ{i:0000000}");
        }

        HeadBlock.Find(_sample.Data, _sample.Snapshot);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(SampleBlock.Id, HeadBlock.Find(_sample.Data, _sample.Snapshot));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512 * 1024);
    }

    public void Dispose() => _sample.Dispose();

    private void Share(string ulid) =>
        SystemTool.Output("cp", "-al", Path.Join(_sample.SnapshotPath, ulid), _sample.Directory.PathOf(ulid));
}
