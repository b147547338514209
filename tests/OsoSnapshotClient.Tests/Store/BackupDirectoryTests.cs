using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Store;

public sealed class BackupDirectoryTests : IDisposable
{
    private readonly BackupSample _sample = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void Clients_that_make_a_directory_at_a_time_all_get_it()
    {
        for (int round = 0; round < 50; round++)
        {
            string path = _sample.PathOf($"{round}");
            Parallel.For(0, 4, _ => BackupDirectory.OpenToAdd(path, _ => { }, Token).Dispose());
        }
    }

    [Fact]
    public void One_that_another_client_makes_between_two_looks_is_no_foreign_directory()
    {
        BackupDirectory.OpenToAdd(_sample.Backup, _ => { }, Token).Dispose();

        using DirectoryHandle root = DirectoryHandle.Open(_sample.Backup);

        MarkerFile.RequireIsToCome(root);
    }

    [Fact]
    public void What_is_left_where_making_it_broke_off_is_used()
    {
        Directory.CreateDirectory(_sample.Backup);
        File.WriteAllText(Path.Combine(_sample.Backup, ".lock"), string.Empty);
        File.WriteAllText(Path.Combine(_sample.Backup, "oso-backup.json.part"), "{");

        BackupDirectory.OpenToAdd(_sample.Backup, _ => { }, Token).Dispose();

        Assert.Equal("{\n  \"format\": 2\n}\n", File.ReadAllText(Path.Combine(_sample.Backup, "oso-backup.json")));
    }

    [Fact]
    public async Task A_client_that_comes_while_prune_is_at_work_waits()
    {
        BackupDirectory.OpenToAdd(_sample.Backup, _ => { }, Token).Dispose();
        BackupDirectory alone = BackupDirectory.OpenAlone(_sample.Backup);
        TaskCompletionSource<string> waits = new();

        Task<BackupDirectory> adds = Task.Run(() => BackupDirectory.OpenToAdd(_sample.Backup, waits.SetResult, Token), Token);

        Assert.StartsWith("Waiting until prune has ended", await waits.Task.WaitAsync(TimeSpan.FromSeconds(30), Token), StringComparison.Ordinal);
        Assert.False(adds.IsCompleted);
        alone.Dispose();
        (await adds).Dispose();
    }

    [Fact]
    public void A_directory_without_its_blocks_is_damaged()
    {
        BackupDirectory.OpenToAdd(_sample.Backup, _ => { }, Token).Dispose();
        Directory.Delete(Path.Combine(_sample.Backup, "blocks"));

        OperatorException failure = Assert.Throws<OperatorException>(() => BackupDirectory.OpenToRead(_sample.Backup));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.EndsWith("blocks is missing.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_can_not_be_written_is_read()
    {
        BackupDirectory.OpenToAdd(_sample.Backup, _ => { }, Token).Dispose();
        File.Delete(Path.Combine(_sample.Backup, ".lock"));

        BackupDirectory.OpenToRead(_sample.Backup).Dispose();
    }
}
