using OsoSnapshotClient.Store;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

public sealed class ListCommitTests
{
    private const string List = "snapshots/c1/a.b/x.json";

    private readonly MemoryBucket _bucket = new();

    [Fact]
    public void A_take_that_is_older_than_a_day_writes_no_list()
    {
        ListCommit commit = new(_bucket.For(() => { }), _ => Task.CompletedTask);
        _bucket.Now += TimeSpan.FromHours(24.1);

        OperatorException refused = Assert.Throws<OperatorException>(() => commit.Write(List, [1], []));

        Assert.Contains("so it writes no list", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_bucket.Objects);
    }

    [Fact]
    public void A_take_of_a_day_writes_its_list()
    {
        ListCommit commit = new(_bucket.For(() => { }), _ => Task.CompletedTask);
        _bucket.Now += TimeSpan.FromHours(23.9);

        commit.Write(List, [1], []);

        Assert.Equal(List, Assert.Single(_bucket.Objects).Key);
    }

    [Fact]
    public async Task A_take_waits_only_for_a_block_that_a_prune_may_be_deleting()
    {
        Assert.True(BlockName.TryParse("01M8K52V000P22RBP2A062K6Y0", "0123456789abcdef", out BlockName block));
        List<TimeSpan> waits = [];
        new DeletionMarks(_bucket.For(() => { })).Mark(block);

        await ClaimAsync();
        await ClaimAsync();
        Assert.Empty(waits);

        _bucket.Now += DeletionMarks.MinAge;
        await ClaimAsync();
        await ClaimAsync();
        Assert.Equal([DeletionMarks.RequestLife, DeletionMarks.RequestLife], waits);

        _bucket.Now += DeletionMarks.RequestLife;
        await ClaimAsync();
        Assert.Equal(2, waits.Count);

        Task ClaimAsync() => new ListCommit(_bucket.For(() => { }), time =>
        {
            waits.Add(time);
            return Task.CompletedTask;
        }).ClaimAsync([block]);
    }
}
