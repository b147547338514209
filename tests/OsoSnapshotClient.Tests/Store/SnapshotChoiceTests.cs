using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

public sealed class SnapshotChoiceTests : IAsyncLifetime
{
    private const string First = "20261101T000000Z-0eb533ff8d43ed64";
    private const string Second = "20261102T120000Z-1eb533ff8d43ed64";
    private const string OtherPod = "oso.other-0";

    private readonly BackupSample _sample = new();

    public async ValueTask InitializeAsync()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        await _sample.BackUpAsync(database, Second);
        await _sample.BackUpAsync(database, First);
    }

    public ValueTask DisposeAsync()
    {
        _sample.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(null, Second)]
    [InlineData(First, First)]
    [InlineData("2026-11-02T12:00:00Z", Second)]
    [InlineData("2026-11-02T11:59:59Z", First)]
    [InlineData("2026-11-02T12:30:00+01:00", First)]
    [InlineData("2026-11-02", First)]
    [InlineData("2027-01-01", Second)]
    public void The_newest_at_a_time_is_chosen_or_the_one_that_is_named(string? at, string expected) =>
        Assert.Equal(expected, Find(null, at).Name.Text);

    [Theory]
    [InlineData("2026-10-31T23:59:59Z", "the oldest is of 2026-11-01T00:00:00Z")]
    [InlineData("yesterday", "There is no snapshot 'yesterday'")]
    [InlineData("../../x", "There is no snapshot '../../x'")]
    public void What_is_not_there_is_told(string at, string told)
    {
        OperatorException failure = Assert.Throws<OperatorException>(() => Find(null, at));

        Assert.Equal(ExitStatus.Settings, failure.Status);
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_pods_one_must_be_named()
    {
        await _sample.BackUpAsync(_sample.Database("other", blocks: 1), First, OtherPod);

        Assert.Contains($"of several pods: {BackupSample.Pod}, {OtherPod}", Assert.Throws<OperatorException>(() => Find(null, null)).Message, StringComparison.Ordinal);
        Assert.Equal(First, Find(OtherPod, null).Name.Text);
        Assert.Contains("no backup of pod 'oso.x'", Assert.Throws<OperatorException>(() => Find("oso.x", null)).Message, StringComparison.Ordinal);
    }

    private ListedSnapshot Find(string? pod, string? at)
    {
        using BackupDirectory directory = BackupDirectory.OpenToRead(_sample.Backup);
        return new SnapshotChoice(directory, pod, at).Find();
    }
}
