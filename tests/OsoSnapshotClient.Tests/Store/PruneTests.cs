using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

public sealed class PruneTests : IDisposable
{
    private const string OtherPod = "oso.other-0";

    private readonly BackupSample _sample = new();
    private readonly StringWriter _said = new();

    public void Dispose()
    {
        _said.Dispose();
        _sample.Dispose();
    }

    [Fact]
    public async Task Of_each_pod_the_last_stay_and_blocks_go_only_once_no_list_names_them()
    {
        await FillAsync();

        Prune(new(Last: 1, Within: null));

        Assert.Equal([4, 3], [_sample.Blocks.Count, Lists.Length]);
        Assert.Equal([Day(3), Day(1), Day(1)], Lists);
        Assert.Equal(8, Directory.GetFiles(Path.Combine(_sample.Backup, "blocks")).Length);
        new BackupVerify(_sample.Place, TextWriter.Null, ascii: false).Run(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_is_young_stays_and_the_newest_of_a_pod_however_old()
    {
        await FillAsync();

        Prune(new(Last: null, Within: TimeSpan.FromHours(36)), new DateTimeOffset(2026, 11, 4, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal([Day(3), Day(1), Day(1)], Lists);
    }

    [Fact]
    public async Task Both_rules_keep()
    {
        await FillAsync();

        Prune(new(Last: 2, Within: TimeSpan.FromHours(1)), new DateTimeOffset(2026, 11, 4, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal([Day(2), Day(3), Day(1), Day(1)], Lists);
    }

    [Fact]
    public async Task A_trial_tells_all_and_deletes_nothing()
    {
        await FillAsync();
        IReadOnlyList<string> before = _sample.Content;

        Prune(new(Last: 1, Within: null), isTrial: true);

        Assert.Equal(before, _sample.Content);
        Assert.Contains($"would delete snapshot {BackupSample.Pod}/{Day(1)}", _said.ToString(), StringComparison.Ordinal);
        Assert.Contains($"{BackupSample.Pod}  {Day(3)}  last", _said.ToString(), StringComparison.Ordinal);
        Assert.Contains($"{OtherPod.PadRight(BackupSample.Pod.Length)}  {Day(1)}  last", _said.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain($"{Day(2)}  ", _said.ToString(), StringComparison.Ordinal);
        Assert.Contains("Would delete 2 snapshots of 5, 1 block, 0 stale parts: ", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_a_client_uses_the_directory_nothing_is_deleted()
    {
        await FillAsync();
        IReadOnlyList<string> before = _sample.Content;
        using (BackupDirectory shared = BackupDirectory.OpenToAdd(_sample.Backup, _ => { }, CancellationToken.None))
        {
            OperatorException failure = Assert.Throws<OperatorException>(() => Prune(new(1, null)));
            Assert.Equal(ExitStatus.Busy, failure.Status);
            BackupDirectory.OpenToRead(_sample.Backup).Dispose();
        }

        Assert.Equal(before, _sample.Content);
        using BackupDirectory alone = BackupDirectory.OpenAlone(_sample.Backup);
        OperatorException read = Assert.Throws<OperatorException>(() => BackupDirectory.OpenToRead(_sample.Backup));
        Assert.Equal(ExitStatus.Busy, read.Status);
    }

    [Theory]
    [InlineData(false, 0, 0)]
    [InlineData(true, 0, 2)]
    [InlineData(true, 25, 0)]
    public async Task Parts_go_when_no_run_can_continue_them(bool hasInterruptedRun, int hoursOld, int left)
    {
        await FillAsync();
        string part = _sample.Blocks[0] + ".part";
        string note = Path.Combine(_sample.Backup, "snapshots", BackupSample.Pod, "take.part.state");
        string[] files = [part, part + ".engine", .. hasInterruptedRun ? (string[])[note] : []];
        foreach (string file in files)
        {
            await File.WriteAllTextAsync(file, "x", TestContext.Current.CancellationToken);
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow - TimeSpan.FromHours(hoursOld));
        }

        Prune(new(Last: 9, Within: null));

        Assert.Equal(left, Directory.GetFiles(Path.Combine(_sample.Backup, "blocks"), "*.part*").Length);
        Assert.Equal(left > 0, File.Exists(note));
    }

    [Fact]
    public async Task What_a_link_leads_to_is_no_stale_part()
    {
        await FillAsync();
        string outside = Directory.CreateDirectory(_sample.PathOf("outside")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(outside, "x.json.part"), "x", TestContext.Current.CancellationToken);
        Directory.CreateSymbolicLink(Path.Combine(_sample.Backup, "snapshots", "oso.link"), outside);

        StaleParts.DeleteWhereAlone(_sample.Backup, TimeProvider.System);

        Assert.True(File.Exists(Path.Combine(outside, "x.json.part")));
    }

    private string[] Lists =>
    [
        .. Directory.GetFiles(Path.Combine(_sample.Backup, "snapshots"), "*.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(list => Path.GetFileNameWithoutExtension(list)),
    ];

    private static string Day(int day) => $"2026110{day}T000000Z-0eb533ff8d43ed64";

    // A pod's first day has blocks a, b and c, its second b and c, its third b, c and d. A second pod has one day with
    // b and c, and a third pod has a block of its own.
    private async Task FillAsync()
    {
        HeldDatabase first = _sample.Database("data", blocks: 3);
        string[] ulids = [.. first.Blocks.Select(block => block.Ulid)];
        await _sample.BackUpAsync(first, Day(1));
        Directory.Delete(_sample.PathOf("data/" + ulids[0]), recursive: true);
        HeldDatabase second = new(_sample.PathOf("data"));
        await _sample.BackUpAsync(second, Day(2));
        await _sample.BackUpAsync(second, Day(1), OtherPod);
        await _sample.BackUpAsync(_sample.Database("third", blocks: 1, seed: 9), Day(1), "oso.third-0");
        await _sample.BackUpAsync(_sample.Database("data", blocks: 1, seed: 7), Day(3));
        Assert.Equal([5, 5], [_sample.Blocks.Count, Lists.Length]);
    }

    private void Prune(KeepRule rule, DateTimeOffset? now = null, bool isTrial = false) =>
        new PruneRun(_sample.Place, rule, isTrial, _said, now is { } time ? new FixedTime(time) : TimeProvider.System)
            .Run(TestContext.Current.CancellationToken);

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
