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
}
