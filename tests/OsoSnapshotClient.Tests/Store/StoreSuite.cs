using System.Text;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>What each store does, and each verb on it. A new store gets a class that names its place.</summary>
public abstract class StoreSuite : IAsyncLifetime
{
    private protected const string Later = "20261122T112657Z-0eb533ff8d43ed64";

    private protected BackupSample Sample { get; private set; } = null!;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected IReadOnlyList<string> Blocks
    {
        get
        {
            using IBackupStore store = Sample.Place.OpenToRead(Token);
            return [.. store.Files("blocks").Select(file => file.Name).Where(name => name.EndsWith(".tar.gz", StringComparison.Ordinal))];
        }
    }

    public async ValueTask InitializeAsync() => Sample = new(await PlaceAsync());

    public virtual ValueTask DisposeAsync()
    {
        Sample?.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void A_file_is_written_found_read_listed_and_deleted()
    {
        using IBackupStore store = Sample.Place.OpenToAdd(_ => { }, Token);
        store.Write("snapshots/c1/a.b/x.json", "one"u8.ToArray());
        store.Write("snapshots/c1/a.b/x.json", "three"u8.ToArray());

        Assert.Equal("three", Encoding.UTF8.GetString(store.Read("snapshots/c1/a.b/x.json", 5)!));
        Assert.Throws<IOException>(() => store.Read("snapshots/c1/a.b/x.json", 4));
        Assert.Equal(("x.json", 5), (store.Find("snapshots/c1/a.b/x.json")!.Name, store.Find("snapshots/c1/a.b/x.json")!.SizeBytes));
        Assert.InRange(store.Find("snapshots/c1/a.b/x.json")!.ModifiedAt - store.Now(), TimeSpan.FromMinutes(-5), TimeSpan.FromSeconds(5));
        Assert.Equal(["c1"], store.Folders("snapshots"));
        Assert.Equal(["a.b"], store.Folders("snapshots/c1"));
        Assert.Equal(["x.json"], store.Files("snapshots/c1/a.b").Select(file => file.Name));
        Assert.Null(store.Find("snapshots/c1/a.b/none"));
        Assert.Null(store.Read("snapshots/c1/none/none", 4));
        Assert.Empty(store.Files("snapshots/c1/none"));
        using (StreamReader reader = new(store.Open("snapshots/c1/a.b/x.json")))
        {
            Assert.Equal("three", reader.ReadToEnd());
        }

        store.Delete("snapshots/c1/a.b/x.json");
        store.Delete("snapshots/c1/a.b/x.json");
        Assert.Null(store.Find("snapshots/c1/a.b/x.json"));
    }

    [Fact]
    public void Of_many_clients_one_gets_a_name()
    {
        using IBackupStore store = Sample.Place.OpenToAdd(_ => { }, Token);
        bool[] made = new bool[16];

        Parallel.For(0, made.Length, index => made[index] = store.HasLock
            ? index == 0 && store.TryCreate("snapshots/a.b/x.json", [(byte)index])
            : store.TryCreate("snapshots/a.b/x.json", [(byte)index]));

        int winner = Assert.Single(Enumerable.Range(0, made.Length), index => made[index]);
        Assert.Equal([(byte)winner], store.Read("snapshots/a.b/x.json", 5)!);
        Assert.False(store.TryCreate("snapshots/a.b/x.json", [99]));
    }

    [Fact]
    public async Task A_second_backup_copies_only_what_is_new_and_all_is_sound_and_restored()
    {
        HeldDatabase first = Sample.Database("first");
        await Sample.BackUpAsync(first, pod: $"c1/{BackupSample.Pod}");
        HeldDatabase second = Sample.Database("first", blocks: 1, seed: 2);

        BackedUp outcome = await Sample.BackUpAsync(second, Later, $"c1/{BackupSample.Pod}");

        Assert.Equal(1, outcome.CopiedBlocks);
        Assert.Equal(3, outcome.List.Blocks.Count);
        Assert.Equal(("c1", 2), (outcome.List.Cluster, outcome.List.Format));
        Assert.Contains("is sound: 2 snapshots, 3 blocks.", Verified(), StringComparison.Ordinal);
        Restore(Later, "restored");
        Assert.Equal(FilesOf(Sample.PathOf("first")), FilesOf(Sample.PathOf("restored")));
        Assert.Equal(2, Table().Split('\n').Count(line => line.Contains($"\"pod\":\"c1/{BackupSample.Pod}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Two_clusters_share_no_pod()
    {
        await Sample.BackUpAsync(Sample.Database("one"), pod: $"c1/{BackupSample.Pod}");
        await Sample.BackUpAsync(Sample.Database("two", seed: 2), Later, $"c2/{BackupSample.Pod}");

        Prune();
        OperatorException asks = Assert.Throws<OperatorException>(() => Restore(null, "restored"));

        Assert.Equal(4, Blocks.Count);
        Assert.Equal(ExitStatus.Settings, asks.Status);
        Assert.Contains($"several clusters: c1/{BackupSample.Pod}, c2/{BackupSample.Pod}", asks.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_protected_snapshot_outlives_every_prune_until_it_is_unprotected()
    {
        await Sample.BackUpAsync(Sample.Database("old", blocks: 1));
        await Sample.BackUpAsync(Sample.Database("new", blocks: 1, seed: 2), Later);

        Protection(BackupSample.Snapshot).Protect(Token);
        string kept = Prune();

        Assert.Contains($"{BackupSample.Snapshot,-33}  protected", kept, StringComparison.Ordinal);
        Assert.Contains("Deleted 0 snapshots of 2", kept, StringComparison.Ordinal);
        Assert.Equal([true, false], Table().Split('\n')[..2].Select(line => line.Contains("\"protected\":true", StringComparison.Ordinal)));
        Assert.Contains("is sound: 2 snapshots", Verified(), StringComparison.Ordinal);
        Protection(BackupSample.Snapshot).Unprotect(Token);
        Assert.Contains("Deleted 1 snapshot of 2", Prune(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_of_two_pods_is_protected_for_the_named_one()
    {
        HeldDatabase database = Sample.Database("data", blocks: 1);
        await Sample.BackUpAsync(database, pod: "c1/oso.a");
        await Sample.BackUpAsync(database, pod: "c2/oso.a");

        OperatorException several = Assert.Throws<OperatorException>(() => Protection(BackupSample.Snapshot, "oso.a").Protect(Token));
        OperatorException none = Assert.Throws<OperatorException>(() => Protection(Later, "c2/oso.a").Protect(Token));
        Protection(BackupSample.Snapshot, "c2/oso.a").Protect(Token);

        Assert.Contains("c1/oso.a, c2/oso.a", several.Message, StringComparison.Ordinal);
        Assert.Contains($"no snapshot '{Later}' of c2/oso.a", none.Message, StringComparison.Ordinal);
        Assert.Equal([false, true], Table().Split('\n')[..2].Select(line => line.Contains("\"protected\":true", StringComparison.Ordinal)));
    }

    [Fact]
    public void Protecting_makes_no_backup_of_an_empty_place()
    {
        Assert.Equal(ExitStatus.Settings, Assert.Throws<OperatorException>(() => Protection(Later).Protect(Token)).Status);
        Assert.Equal(ExitStatus.Settings, Assert.Throws<OperatorException>(() => Verified()).Status);
    }

    [Fact]
    public async Task A_run_that_broke_off_is_continued()
    {
        HeldDatabase database = Sample.Database("data", blocks: 1);
        database.Fault = (_, offset, rest) => Recording.Cut(offset == 0 ? rest[..5000] : [], "reset");
        await Assert.ThrowsAsync<OperatorException>(() => Sample.BackUpAsync(database));
        Assert.Empty(Blocks);
        database.Fault = (_, _, _) => null;

        await Sample.BackUpAsync(database);

        Assert.Contains("is sound: 1 snapshot, 1 block.", Verified(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changed_bytes_never_get_a_final_name()
    {
        HeldDatabase database = Sample.Database("data", blocks: 1);
        database.Fault = (ulid, _, rest) =>
        {
            rest[1000] ^= 1;
            return new(rest, HeldDatabase.Told(database.Archive(ulid)), 0);
        };

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => Sample.BackUpAsync(database));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Empty(Blocks);
    }

    [Fact]
    public async Task A_damaged_block_is_found_and_not_restored()
    {
        BackedUp outcome = await Sample.BackUpAsync(Sample.Database("data", blocks: 1));
        string name = $"blocks/{Assert.Single(Blocks)}";
        using (IBackupStore store = Sample.Place.OpenToAdd(_ => { }, Token))
        {
            byte[] content = store.Read(name, 1 << 24)!;
            content[content.Length / 2] ^= 1;
            store.Write(name, content);
        }

        Assert.Equal(ExitStatus.ArchiveFailed, Assert.Throws<OperatorException>(() => Verified(VerifyDepth.Deep)).Status);
        Assert.Equal(ExitStatus.ArchiveFailed, Assert.Throws<OperatorException>(() => Restore(null, "restored")).Status);
        Assert.Single(outcome.List.Blocks);
    }

    [Fact]
    public async Task Verify_new_reads_only_what_no_verify_has_read()
    {
        await Sample.BackUpAsync(Sample.Database("one"));
        Assert.Contains("is sound: 1 snapshot, 2 blocks.", Verified(VerifyDepth.Deep), StringComparison.Ordinal);
        await Sample.BackUpAsync(Sample.Database("two", blocks: 1, seed: 2), Later);

        Assert.Contains("Read 1 of 3 blocks", Verified(VerifyDepth.New), StringComparison.Ordinal);
        Assert.Contains("Read 0 of 3 blocks", Verified(VerifyDepth.New), StringComparison.Ordinal);
        Prune();
        using IBackupStore store = Sample.Place.OpenToRead(Token);
        Assert.Equal(Blocks.Select(block => $"{block}.json"), store.Files("verified").Select(file => file.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("other SHA-256 in the record")]
    [InlineData("other size in the record")]
    [InlineData("no JSON in the record")]
    [InlineData("block written again")]
    [InlineData("no record")]
    public async Task What_a_verify_has_read_is_read_again_when_it_differs_from_the_record(string change)
    {
        await Sample.BackUpAsync(Sample.Database("data", blocks: 1));
        Verified(VerifyDepth.Deep);
        string block = $"blocks/{Assert.Single(Blocks)}";
        string record = $"verified/{Assert.Single(Blocks)}.json";
        using (IBackupStore store = Sample.Place.OpenToAdd(_ => { }, Token))
        {
            string written = Encoding.UTF8.GetString(store.Read(record, 4096)!);
            int sha256 = written.IndexOf("\"sha256\": \"", StringComparison.Ordinal) + 11;
            Action act = change switch
            {
                "other SHA-256 in the record" => () => Write(written[..sha256] + new string('0', 64) + written[(sha256 + 64)..]),
                "other size in the record" => () => Write(written.Replace("\"fileBytes\": ", "\"fileBytes\": 1", StringComparison.Ordinal)),
                "no JSON in the record" => () => Write("x"),
                "block written again" => () => WriteAgain(store),
                _ => () => store.Delete(record),
            };
            act();
            Assert.NotEqual(written, store.Read(record, 4096) is { } now && change != "block written again" ? Encoding.UTF8.GetString(now) : null);

            void Write(string content) => store.Write(record, Encoding.UTF8.GetBytes(content));
        }

        Assert.Contains("Read 1 of 1 block;", Verified(VerifyDepth.New), StringComparison.Ordinal);
        Assert.Contains("Read 0 of 1 block;", Verified(VerifyDepth.New), StringComparison.Ordinal);

        // A bucket's times have whole seconds.
        void WriteAgain(IBackupStore store)
        {
            while (store.Find(block)!.ModifiedAt <= store.Find(record)!.ModifiedAt)
            {
                store.Write(block, store.Read(block, 1 << 24)!);
            }
        }
    }

    [Theory]
    [InlineData("missing", "is missing")]
    [InlineData("longer", "bytes, not")]
    [InlineData("no checksum file", "has no .sha256 beside it")]
    [InlineData("other checksum file", "has the SHA-256 0000")]
    public async Task Without_reading_blocks_verify_finds_what_their_names_sizes_and_checksum_files_tell(string change, string told)
    {
        await Sample.BackUpAsync(Sample.Database("data", blocks: 1));
        Assert.Contains("No block was read", Verified(VerifyDepth.Listed), StringComparison.Ordinal);
        string name = $"blocks/{Assert.Single(Blocks)}";
        using (IBackupStore store = Sample.Place.OpenToAdd(_ => { }, Token))
        {
            Action act = change switch
            {
                "missing" => () => store.Delete(name),
                "longer" => () => store.Write(name, [.. store.Read(name, 1 << 24)!, 0]),
                "no checksum file" => () => store.Delete($"{name}.sha256"),
                _ => () => store.Write($"{name}.sha256", Encoding.ASCII.GetBytes($"{new string('0', 64)}  {name}\n")),
            };
            act();
        }

        using StringWriter said = new();
        OperatorException failure = Assert.Throws<OperatorException>(
            () => new BackupVerify(Sample.Place, said, ascii: false, VerifyDepth.Listed).Run(Token));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Contains(told, said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_backup_is_refused()
    {
        OperatorException failure = Assert.Throws<OperatorException>(() => Verified());

        Assert.Equal(ExitStatus.Settings, failure.Status);
        Assert.Contains("it has no oso-backup.json", failure.Message, StringComparison.Ordinal);
    }

    private protected abstract Task<BackupPlace?> PlaceAsync();

    private protected string Verified(VerifyDepth? depth = null)
    {
        using StringWriter said = new();
        new BackupVerify(Sample.Place, said, ascii: false, depth).Run(Token);
        return said.ToString();
    }

    private Protection Protection(string snapshot, string? pod = null) => new(Sample.Place, pod, snapshot, TextWriter.Null);

    private protected string Prune(TimeProvider? time = null)
    {
        using StringWriter said = new();
        new PruneRun(Sample.Place, new(Last: 1, Within: null), isTrial: false, said, time ?? TimeProvider.System).Run(Token);
        return said.ToString();
    }

    private protected void Restore(string? at, string to, BackupPlace? from = null)
    {
        RestoreTarget target = new(Sample.PathOf(to), null, TextWriter.Null, TimeProvider.System);
        new BackupRestore(from ?? Sample.Place, BackupSample.Pod, at, target, TextWriter.Null).Run(Token);
    }

    internal static string[] FilesOf(string folder) =>
    [
        .. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(
            file => $"{Path.GetRelativePath(folder, file)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];

    private string Table()
    {
        using StringWriter table = new();
        new BackupsTable(Sample.Place, isJson: true, table).Run(Token);
        return table.ToString();
    }
}

public sealed class DirectoryStoreTests : StoreSuite
{
    private protected override Task<BackupPlace?> PlaceAsync() => Task.FromResult<BackupPlace?>(null);
}
