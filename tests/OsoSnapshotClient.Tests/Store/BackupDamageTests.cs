using OsoSnapshotClient.Store;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Tests that damage is named and ends the run with 6, and that nothing else is touched.</summary>
public sealed class BackupDamageTests : IDisposable
{
    private const string Later = "20261122T112657Z-0eb533ff8d43ed64";

    private readonly BackupSample _sample = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _sample.Dispose();

    [Theory]
    [InlineData("flip", "has the SHA-256 ")]
    [InlineData("truncate", " bytes, not ")]
    [InlineData("delete", "is missing")]
    [InlineData("swap", ": it holds ")]
    public async Task A_block_that_is_not_what_its_list_names_is_found_by_verify_and_by_restore(string damage, string told)
    {
        await _sample.BackUpAsync(_sample.Database("data"));
        Damage(_sample.Blocks[0], damage);
        IReadOnlyList<string> before = _sample.Content;

        (string found, OperatorException failure) = Verify();
        Assert.Contains(told, found, StringComparison.Ordinal);
        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);

        OperatorException refused = Assert.Throws<OperatorException>(() => Restore());
        Assert.Equal(ExitStatus.ArchiveFailed, refused.Status);
        Assert.Contains($"of snapshot {BackupSample.Pod}/{BackupSample.Snapshot} is damaged", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_sample.PathOf("restored")) && Directory.EnumerateFileSystemEntries(_sample.PathOf("restored")).Any());
        Assert.Equal(before, _sample.Content);
    }

    [Theory]
    [InlineData("\"format\": 2", "\"format\": 3", "has format 3; this client knows formats up to 2")]
    [InlineData("\"pod\": \"oso.", "\"pod\": \"other.", "it is the list of other.oso-p-prom-svr-0/")]
    [InlineData("\"snapshot\": \"2026", "\"snapshot\": \"2025", "it is the list of oso.oso-p-prom-svr-0/2025")]
    [InlineData("\"ulid\": \"0", "\"ulid\": \"../../0", "entry 1 is not a valid block")]
    [InlineData("\"fingerprint\": \"", "\"fingerprint\": \"../", "entry 1 is not a valid block")]
    [InlineData("\"sha256\": \"", "\"sha256\": \"x", "is damaged or no list")]
    [InlineData("\"kind\": \"block\"", "\"kind\": null", "is damaged or no list")]
    [InlineData("\"blocks\": [", "\"blocks\": [null,", "entry 1 is not a valid block")]
    [InlineData("\"blocks\": [", "\"blocks\": [], \"rest\": [", "it names no block")]
    [InlineData("{", "", "is damaged or no list")]
    public async Task A_list_that_can_not_be_believed_is_named_and_keeps_prune_from_deleting(
        string good, string bad, string told)
    {
        HeldDatabase database = _sample.Database("data");
        await _sample.BackUpAsync(database);
        await _sample.BackUpAsync(database, Later);
        string list = _sample.ListOf(BackupSample.Snapshot);
        string text = await File.ReadAllTextAsync(list, TestContext.Current.CancellationToken);
        int at = text.IndexOf(good, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            list, text[..at] + bad + text[(at + good.Length)..], TestContext.Current.CancellationToken);
        IReadOnlyList<string> before = _sample.Content;

        (string found, OperatorException failure) = Verify();
        Assert.Contains(told, found, StringComparison.Ordinal);
        Assert.Contains($"✅ {BackupSample.Pod}/{Later}", found, StringComparison.Ordinal);
        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        OperatorException pruned = Assert.Throws<OperatorException>(
            () => new PruneRun(_sample.Place, new(1, null), false, TextWriter.Null, TimeProvider.System).Run(Token));
        Assert.Equal(ExitStatus.ArchiveFailed, pruned.Status);
        Assert.Contains(told, pruned.Message, StringComparison.Ordinal);

        // The damaged list may have been the newest, so no snapshot is chosen. The other one is restored by its name.
        Assert.Contains(told, Assert.Throws<OperatorException>(() => Restore()).Message, StringComparison.Ordinal);
        Assert.Equal(before, _sample.Content);
        Restore(Later);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_checksum_may_be_missing_where_a_run_broke_off_and_no_list_names_the_block(bool isListed)
    {
        HeldDatabase database = _sample.Database("data");
        await _sample.BackUpAsync(database, Later);
        await _sample.BackUpAsync(_sample.Database("other", blocks: 1, seed: 2));
        string block = Path.Combine(_sample.Backup, "blocks", $"{database.Blocks[0].Ulid}.{database.Blocks[0].Fingerprint}.tar.gz");
        File.Delete(block + ".sha256");
        if (!isListed)
        {
            File.Delete(_sample.ListOf(Later));
            new BackupVerify(_sample.Place, TextWriter.Null, ascii: false).Run(Token);
            return;
        }

        Assert.Contains($"of snapshot {BackupSample.Pod}/{Later} has no .sha256 beside it", Verify().Told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_that_unpacks_to_more_than_its_list_says_fills_no_disk()
    {
        await _sample.BackUpAsync(_sample.Database("data", blocks: 1));
        string list = _sample.ListOf(BackupSample.Snapshot);
        await File.WriteAllTextAsync(
            list,
            System.Text.RegularExpressions.Regex.Replace(await File.ReadAllTextAsync(list, Token), "\"bytes\": [0-9]+", "\"bytes\": 1000"),
            Token);

        Assert.Contains("not 1000 as in snapshot", Verify().Told, StringComparison.Ordinal);
        OperatorException refused = Assert.Throws<OperatorException>(() => Restore());
        Assert.Contains("more than the 1000 bytes that the list names", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_sample.PathOf("restored")));
    }

    [Fact]
    public async Task A_list_of_another_directory_names_blocks_that_are_not_here()
    {
        await _sample.BackUpAsync(_sample.Database("data"));
        using BackupSample other = new();
        await other.BackUpAsync(other.Database("data", seed: 2), Later);
        File.Copy(other.ListOf(Later), _sample.ListOf(Later));

        (string found, OperatorException failure) = Verify();

        Assert.Contains($"of snapshot {BackupSample.Pod}/{Later} is missing", found, StringComparison.Ordinal);
        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Restore(BackupSample.Snapshot);
    }

    [Theory]
    [InlineData("{\"format\": 3}", "has format 3; this client knows formats up to 2")]
    [InlineData("{}", "is missing or damaged")]
    [InlineData("", "is missing or damaged")]
    [InlineData(null, "is missing or damaged")]
    public async Task A_directory_of_another_format_is_left_alone_by_every_verb(string? marker, string told)
    {
        HeldDatabase database = _sample.Database("data");
        await _sample.BackUpAsync(database);
        string file = Path.Combine(_sample.Backup, "oso-backup.json");
        File.Delete(file);
        if (marker is not null)
        {
            await File.WriteAllTextAsync(file, marker, TestContext.Current.CancellationToken);
        }

        IReadOnlyList<string> before = _sample.Content;
        Action[] verbs =
        [
            () => Restore(),
            () => new BackupVerify(_sample.Place, TextWriter.Null, ascii: false).Run(Token),
            () => new BackupsTable(_sample.Place, isJson: true, TextWriter.Null).Run(TestContext.Current.CancellationToken),
            () => new PruneRun(_sample.Place, new(1, null), false, TextWriter.Null, TimeProvider.System).Run(Token),
        ];
        Assert.All(verbs, verb =>
        {
            OperatorException failure = Assert.Throws<OperatorException>(verb);
            Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
            Assert.Contains(told, failure.Message, StringComparison.Ordinal);
        });
        OperatorException taken = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database, Later));
        Assert.Equal(marker is null ? ExitStatus.Settings : ExitStatus.ArchiveFailed, taken.Status);
        Assert.Equal(before, _sample.Content);
    }

    [Fact]
    public async Task A_directory_of_something_else_does_not_become_a_backup_directory()
    {
        Directory.CreateDirectory(_sample.Backup);
        await File.WriteAllTextAsync(
            Path.Combine(_sample.Backup, "thesis.doc"), "x", TestContext.Current.CancellationToken);

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(
            () => _sample.BackUpAsync(_sample.Database("data")));

        Assert.Contains("is neither empty nor a backup directory", failure.Message, StringComparison.Ordinal);
        Assert.Single(_sample.Content);
    }

    [Theory]
    [InlineData("blocks")]
    [InlineData("snapshots")]
    [InlineData("snapshots/oso.oso-p-prom-svr-0")]
    public async Task A_link_to_another_directory_is_refused(string path)
    {
        await _sample.BackUpAsync(_sample.Database("data"));
        string linked = Path.Combine(_sample.Backup, path);
        Directory.Move(linked, _sample.PathOf("elsewhere"));
        File.CreateSymbolicLink(linked, _sample.PathOf("elsewhere"));
        string[] before = Directory.GetFiles(_sample.PathOf("elsewhere"));

        OperatorException failure = Assert.Throws<OperatorException>(
            () => new PruneRun(_sample.Place, new(1, null), false, TextWriter.Null, TimeProvider.System).Run(Token));

        Assert.Contains("is a link to", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(_sample.PathOf("elsewhere")));
    }

    private void Damage(string block, string damage)
    {
        byte[] bytes = File.ReadAllBytes(block);
        switch (damage)
        {
            case "flip":
                bytes[bytes.Length / 2] ^= 1;
                File.WriteAllBytes(block, bytes);
                break;
            case "truncate":
                File.WriteAllBytes(block, bytes[..^1]);
                break;
            case "swap":
                File.Copy(_sample.Blocks[1], block, overwrite: true);
                break;
            default:
                File.Delete(block);
                break;
        }
    }

    private (string Told, OperatorException Failure) Verify()
    {
        using StringWriter output = new();
        OperatorException failure = Assert.Throws<OperatorException>(
            () => new BackupVerify(_sample.Place, output, ascii: false).Run(TestContext.Current.CancellationToken));
        return (output.ToString(), failure);
    }

    private void Restore(string? at = null)
    {
        RestoreTarget target = new(_sample.PathOf("restored"), null, TextWriter.Null, TimeProvider.System);
        new BackupRestore(_sample.Place, null, at, target, TextWriter.Null).Run(TestContext.Current.CancellationToken);
    }
}
