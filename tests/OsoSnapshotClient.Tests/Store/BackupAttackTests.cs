using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>
/// Tests what the owner of a backup directory may put there. Each verb ends with a refusal or a right result, and no
/// file elsewhere is touched.
/// </summary>
public sealed class BackupAttackTests : IDisposable
{
    private const string Later = "20261122T112657Z-0eb533ff8d43ed64";
    private const string Precious = "precious";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly BackupSample _sample = new();

    public BackupAttackTests() => File.WriteAllText(Outside, Precious);

    public static TheoryData<string> Files => ["oso-backup.json", ".lock", "list", "block", "sha256", "part", "engine"];

    private IEnumerable<DirectoryInfo> Folders =>
        new DirectoryInfo(_sample.Backup).GetDirectories("*", SearchOption.AllDirectories).Append(new(_sample.Backup));

    private string Outside => _sample.PathOf("outside");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _sample.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_pipe_at_any_name_stops_no_verb_and_is_refused(string kind)
    {
        HeldDatabase database = await FillAsync();
        Hostile.PutPipe(PathOf(kind, database));

        await AllEndAsync(database, PathOf(kind, database), "is not a regular file");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_link_at_any_name_is_refused_and_not_followed(string kind)
    {
        HeldDatabase database = await FillAsync();
        Hostile.PutLink(PathOf(kind, database), Outside);

        await AllEndAsync(database, PathOf(kind, database), "is a link to");
    }

    [Theory]
    [InlineData("part")]
    [InlineData("engine")]
    public async Task A_hard_link_at_the_name_of_a_part_is_not_written_through(string kind)
    {
        HeldDatabase database = await FillAsync();
        Hostile.PutHardLink(PathOf(kind, database), Outside);

        await AllEndAsync(database, PathOf(kind, database), kind == "part" ? "is a hard link: it has 2 names" : null);
    }

    [Fact]
    public async Task A_link_at_the_old_name_of_a_lists_part_is_not_written_through()
    {
        HeldDatabase database = await FillAsync();
        foreach (string name in (string[])[_sample.ListOf(Later), PathOf("sha256", database), PathOf("block", database)])
        {
            Hostile.PutLink(name + ".part", Outside);
        }

        await _sample.BackUpAsync(database, Later);

        Assert.Equal(Precious, await File.ReadAllTextAsync(Outside, Token));
        Assert.Null(new FileInfo(_sample.ListOf(Later)).LinkTarget);
    }

    [Theory]
    [InlineData("blocks")]
    [InlineData("snapshots")]
    [InlineData("snapshots/oso.oso-p-prom-svr-0")]
    public async Task A_pipe_in_the_place_of_a_directory_is_refused(string path)
    {
        HeldDatabase database = await FillAsync();
        string directory = Path.Combine(_sample.Backup, path);
        Directory.Delete(directory, recursive: true);
        Hostile.PutPipe(directory);

        await AllEndAsync(database, directory, "is not a directory");
    }

    [Fact]
    public async Task Only_the_owner_reads_what_a_backup_writes()
    {
        await FillAsync();

        Assert.All(
            Directory.GetFiles(_sample.Backup, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ".lock"),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode));
        Assert.All(Folders, folder => Assert.Equal(OwnerOnly, folder.UnixFileMode));
    }

    [Fact]
    public async Task Who_may_enter_a_directory_that_is_there_already_may_enter_its_new_folders()
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_sample.Backup, OwnerOnly | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        await FillAsync();

        Assert.All(Folders, folder => Assert.True(folder.UnixFileMode.HasFlag(UnixFileMode.OtherExecute), folder.FullName));
    }

    [Fact]
    public async Task A_lock_that_version_0_2_0_holds_counts()
    {
        await FillAsync();
        string path = Path.Combine(_sample.Backup, ".lock");

        // It opened the file with .NET's locks, which are those of flock(2).
        using (FileLock? shared = FileLock.TryTake(File.OpenHandle(path), isShared: true))
        {
            Assert.NotNull(shared);
            Assert.Equal(ExitStatus.Busy, Assert.Throws<OperatorException>(() => BackupDirectory.OpenAlone(_sample.Backup)).Status);
            BackupDirectory.OpenToRead(_sample.Backup).Dispose();
        }

        using FileLock? alone = FileLock.TryTake(File.OpenHandle(path, access: FileAccess.ReadWrite), isShared: false);
        Assert.NotNull(alone);
        Assert.Equal(ExitStatus.Busy, Assert.Throws<OperatorException>(() => BackupDirectory.OpenToRead(_sample.Backup)).Status);
    }

    // Verbs that need the file refuse it with 6, the others succeed. Every verb leaves the file as it is.
    private async Task AllEndAsync(HeldDatabase database, string path, string? told)
    {
        List<string> refusals = [];
        Func<Task>[] verbs =
        [
            () => Task.Run(() => new BackupsTable(_sample.Place, isJson: true, TextWriter.Null).Run(TestContext.Current.CancellationToken), Token),
            () => Task.Run(Verify, Token),
            () => Task.Run(() => _sample.BackUpAsync(database, Later), Token),
            () => Task.Run(Prune, Token),
        ];
        foreach (Func<Task> verb in verbs)
        {
            try
            {
                await verb().WaitAsync(Limit, Token);
            }
            catch (OperatorException e)
            {
                Assert.Equal(ExitStatus.ArchiveFailed, e.Status);
                refusals.Add(e.Message);
            }
        }

        if (told is not null)
        {
            Assert.Contains(refusals, refusal => refusal.Contains($"{path} {told}", StringComparison.Ordinal));
        }

        Assert.Equal(Precious, await File.ReadAllTextAsync(Outside, Token));
    }

    private void Verify()
    {
        using StringWriter output = new();
        try
        {
            new BackupVerify(_sample.Place, output, ascii: true).Run(Token);
        }
        catch (OperatorException e)
        {
            throw new OperatorException(e.Status, $"{e.Message}\n{output}", e.Remedy, e);
        }
    }

    private void Prune() =>
        new PruneRun(_sample.Place, new(Last: 1, Within: null), isTrial: false, TextWriter.Null, TimeProvider.System).Run(Token);

    // The first block is in a list. The second is new for a later snapshot.
    private async Task<HeldDatabase> FillAsync()
    {
        await _sample.BackUpAsync(_sample.Database("data", blocks: 1));
        _sample.Database("data", blocks: 1, seed: 2);
        return new(_sample.PathOf("data"));
    }

    private string PathOf(string kind, HeldDatabase database)
    {
        string first = Assert.Single(_sample.Blocks);
        string next = Assert.Single(
            database.Blocks.Select(block => $"{block.Ulid}.{block.Fingerprint}.tar.gz"), name => name != Path.GetFileName(first));
        string part = Path.Combine(_sample.Backup, "blocks", next + ".part");
        return kind switch
        {
            "list" => _sample.ListOf(BackupSample.Snapshot),
            "block" => first,
            "sha256" => first + ".sha256",
            "part" => part,
            "engine" => part + ".engine",
            _ => Path.Combine(_sample.Backup, kind),
        };
    }
}
