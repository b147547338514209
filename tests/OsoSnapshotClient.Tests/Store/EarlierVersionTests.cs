using System.Text.Json.Nodes;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Tests that this version reads, continues and prunes what version 0.2.0 wrote.</summary>
public sealed class EarlierVersionTests : IDisposable
{
    private const long MaxFixtureBytes = 300_000;

    private readonly BackupSample _sample = new();
    private readonly StringWriter _said = new() { NewLine = "\n" };

    public EarlierVersionTests() => EarlierVersion.CopyBackupsTo(_sample.Backup);

    public static TheoryData<string> Snapshots => [.. EarlierVersion.Snapshots];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _said.Dispose();
        _sample.Dispose();
    }

    [Fact]
    public void The_backup_directory_is_sound() => Assert.Contains(" is sound: ", Verified(), StringComparison.Ordinal);

    [Fact]
    public void The_archive_and_its_checksum_are_sound()
    {
        new VerifyRun(CopiedArchive(), _said, ascii: false).Run(Token);

        Assert.Contains(" is sound.", _said.ToString(), StringComparison.Ordinal);
        Assert.Contains("SHA-256 matches the file beside it", _said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Three_snapshots_are_listed_and_each_has_a_block_of_its_own()
    {
        JsonNode[] table = Table();

        Assert.Equal(EarlierVersion.Snapshots, table.Select(line => (string)line["snapshot"]!));
        Assert.All(table, line => Assert.Equal(
            (BackupSample.Pod, 3), ((string)line["pod"]!, (int)line["blocks"]!)));
        Assert.All(table, line => Assert.InRange((long)line["ownBytes"]!, 1, (long)line["bytes"]! - 1));
    }

    [Theory]
    [MemberData(nameof(Snapshots))]
    public void A_snapshot_is_restored_with_the_bytes_that_Prometheus_wrote(string snapshot) =>
        AssertRestored(snapshot, Restored(snapshot));

    [Fact]
    public void The_archive_is_restored_with_the_bytes_that_Prometheus_wrote()
    {
        string restored = _sample.PathOf("restored");

        new RestoreRun(CopiedArchive(), new(restored, null, _said, TimeProvider.System), _said).Run(Token);

        AssertRestored(EarlierVersion.ArchivedSnapshot, restored);
    }

    [Fact]
    public void Prune_leaves_the_last_snapshot_and_exactly_its_blocks()
    {
        new PruneRun(_sample.Place, new(Last: 1, Within: null), isTrial: false, _said, TimeProvider.System).Run(Token);

        string last = EarlierVersion.Snapshots[^1];
        Assert.Equal([last], Table().Select(line => (string)line["snapshot"]!));
        Assert.Equal(NamedBy(last), _sample.Blocks.Select(block => Path.GetFileName(block)).Order(StringComparer.Ordinal));
        Assert.Contains(" is sound: ", Verified(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_backup_goes_into_the_same_directory_and_changes_only_its_format()
    {
        string[] before = [.. _sample.Content.Where(file => !file.StartsWith(MarkerFile.Name, StringComparison.Ordinal))];

        await _sample.BackUpAsync(_sample.Database("data"), "20261130T000000Z-0eb533ff8d43ed64", $"c1/{BackupSample.Pod}");

        Assert.Contains("\"format\": 2", await File.ReadAllTextAsync(Path.Combine(_sample.Backup, MarkerFile.Name), Token), StringComparison.Ordinal);
        Assert.Subset(new HashSet<string>(_sample.Content), new HashSet<string>(before));
        Assert.Equal(4, Table().Length);
        Assert.Contains(" is sound: ", Verified(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_new_backup_prune_keeps_both_versions_snapshots_by_the_calendar_and_each_is_restored()
    {
        const string Added = "20261130T000000Z-0eb533ff8d43ed64";
        HeldDatabase database = _sample.Database("data");
        await _sample.BackUpAsync(database, Added);

        new PruneRun(_sample.Place, new(Daily: 2), isTrial: false, _said, TimeProvider.System).Run(Token);

        string last = EarlierVersion.Snapshots[^1];
        Assert.Equal([last, Added], Table().Select(line => (string)line["snapshot"]!));
        Assert.Contains(" is sound: ", Verified(), StringComparison.Ordinal);
        AssertRestored(last, Restored(last));
        Assert.Equal(EarlierVersion.FilesIn(_sample.PathOf("data")), EarlierVersion.FilesIn(Restored(Added)));
    }

    [Fact]
    public void The_fixture_is_small() => Assert.InRange(
        Directory.GetFiles(EarlierVersion.Folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length),
        1,
        MaxFixtureBytes);

    private static void AssertRestored(string snapshot, string restored)
    {
        string[] expected = EarlierVersion.FilesOf(snapshot);
        Assert.Equal(3 * 4, expected.Length);
        Assert.Equal(expected, EarlierVersion.FilesIn(restored));
    }

    private string Restored(string snapshot)
    {
        string restored = _sample.PathOf(snapshot);
        new BackupRestore(_sample.Place, pod: null, snapshot, new(restored, null, _said, TimeProvider.System), _said)
            .Run(Token);
        return restored;
    }

    private string CopiedArchive()
    {
        foreach (string name in (string[])[EarlierVersion.Archive, EarlierVersion.Archive + ".sha256"])
        {
            File.Copy(Path.Combine(EarlierVersion.Folder, name), _sample.PathOf(name));
        }

        return _sample.PathOf(EarlierVersion.Archive);
    }

    private IEnumerable<string> NamedBy(string snapshot) =>
        from block in JsonNode.Parse(File.ReadAllText(_sample.ListOf(snapshot)))!["blocks"]!.AsArray()
        let name = $"{(string)block["ulid"]!}.{(string)block["fingerprint"]!}.tar.gz"
        orderby name
        select name;

    private string Verified()
    {
        using StringWriter said = new();
        new BackupVerify(_sample.Place, said, ascii: false).Run(Token);
        return said.ToString();
    }

    private JsonNode[] Table()
    {
        using StringWriter table = new() { NewLine = "\n" };
        new BackupsTable(_sample.Place, isJson: true, table).Run(TestContext.Current.CancellationToken);
        return [.. table.ToString().TrimEnd().Split('\n').Select(line => JsonNode.Parse(line)!)];
    }
}
