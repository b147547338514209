using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Restore;

/// <summary>
/// Tests the client's restore and the job of docker/kubernetes/restore.yaml, on an archive made with GNU tar.
/// </summary>
public sealed class RestoreTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-restore-").FullName;

    private string Archive => Path.Combine(_folder, "snapshots.tgz");

    private string Restored => Path.Combine(_folder, "restored");

    public async ValueTask InitializeAsync()
    {
        BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = Path.Combine(_folder, "snapshots/20250820T165101Z-0eb533ff8d43ed64"), BlockCount = 2, SizeBytes = 1 << 20, Seed = 1, Until = TimeProvider.System.GetUtcNow(),
        });
        (await HostCommand.RunAsync(["sh", "-c", "tar czf snapshots.tgz snapshots && sha256sum snapshots.tgz >snapshots.tgz.sha256 && chmod 755 ."], _folder)).Succeeded();
    }

    public async ValueTask DisposeAsync() => await HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", _folder));

    [Fact]
    public async Task The_blocks_lie_where_Prometheus_looks_for_them_and_the_flags_keep_the_oldest()
    {
        CommandResult restore = (await RestoreAsync()).Succeeded();

        Assert.Equal(2, (await Judge.PromtoolBlocksAsync(PrometheusVersion.V2_42, Restored)).Count);
        Assert.Contains("✅ SHA-256 as in", restore.Output, StringComparison.Ordinal);
        Assert.Contains("--storage.tsdb.retention.time=31d", restore.Output, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFileSystemEntries(Restored).Length);
    }

    [Fact]
    public async Task A_directory_that_is_not_empty_is_refused_and_stays_as_it_is()
    {
        Directory.CreateDirectory(Path.Combine(Restored, "wal"));

        CommandResult restore = await RestoreAsync();

        Assert.Equal(1, restore.ExitStatus);
        Assert.Contains("is not empty: it holds " + Path.Combine(Restored, "wal"), restore.Error, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(Restored, "wal")], Directory.GetFileSystemEntries(Restored));
    }

    [Theory]
    [InlineData("printf x | dd of=snapshots.tgz bs=1 seek=5000 conv=notrunc", "is damaged: its SHA-256 is")]
    [InlineData("rm *.sha256; truncate -s 100000 snapshots.tgz", "is damaged or no archive")]
    [InlineData("rm *.sha256; tar czf snapshots.tgz snapshots.tgz", "is not an archive of one snapshot")]
    [InlineData("rm *.sha256; truncate -s 20 snapshots/*/*/index; tar czf snapshots.tgz snapshots", "The blocks are damaged")]
    public async Task What_is_damaged_is_told_and_nothing_is_left(string damage, string told)
    {
        await HostCommand.RunAsync(["sh", "-c", damage], _folder);

        CommandResult restore = await RestoreAsync();

        Assert.Equal(1, restore.ExitStatus);
        Assert.Contains(told, restore.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Restored) && Directory.EnumerateFileSystemEntries(Restored).Any());
    }

    [Fact]
    public async Task A_checksum_is_of_the_bytes_and_not_of_the_name()
    {
        await RunAsync("sed -i s/snapshots.tgz/oso-p-prom-svr-0-snapshots.tgz/ snapshots.tgz.sha256");

        Assert.Contains("✅ SHA-256 as in", (await RestoreAsync()).Succeeded().Output, StringComparison.Ordinal);
    }

    /// <summary>
    /// The archive and its checksum have the names of kubectl cp, or those of the plugin, or the archive was renamed.
    /// </summary>
    [Theory]
    [InlineData("snapshots.tgz", "touch snapshots.log")]
    [InlineData("pod-snapshots.tgz", "sed -i s/snapshots.tgz/pod-snapshots.tgz/ *.sha256; for f in snapshots.tgz*; do mv $f pod-$f; done")]
    [InlineData("snapshots.tgz", "sed -i s/snapshots.tgz/pod-snapshots.tgz/ *.sha256")]
    public async Task The_job_for_Kubernetes_restores_an_archive_where_the_operator_s_Prometheus_looks_for_it(string archive, string rename)
    {
        await using RestoreJob job = new();
        await job.PrepareAsync();
        await RunAsync(rename);

        CommandResult done = (await job.RunAsync(_folder, [$"/backups/{archive}"], "--network=none")).Succeeded();

        Assert.Contains("✅ SHA-256 as in", done.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Judge.PromtoolBlocksAsync(PrometheusVersion.V2_42, job.DataDirectory)).Count);
    }

    [Theory]
    [InlineData("printf x | dd of=snapshots.tgz bs=1 seek=5000 conv=notrunc", 1, "is damaged: its SHA-256 is")]
    [InlineData(": >snapshots.tgz.sha256", 6, "snapshots.tgz.sha256")]
    [InlineData("rm snapshots.tgz", 1, "/backups/snapshots.tgz")]
    public async Task The_job_for_Kubernetes_leaves_nothing_of_an_archive_that_is_not_right(string damage, int status, string told)
    {
        await using RestoreJob job = new();
        await job.PrepareAsync();
        await RunAsync(damage);

        CommandResult done = await job.RunAsync(_folder, ["/backups/snapshots.tgz"], "--network=none");

        Assert.Equal(status, done.ExitStatus);
        Assert.Contains(told, done.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(job.DataDirectory));
    }

    [Fact]
    public async Task The_job_for_Kubernetes_refuses_a_volume_that_is_not_new()
    {
        await using RestoreJob job = new();
        await job.PrepareAsync();
        (await job.RunAsync(_folder, ["/backups/snapshots.tgz"], "--network=none")).Succeeded();

        CommandResult again = await job.RunAsync(_folder, ["/backups/snapshots.tgz"], "--network=none");

        Assert.Equal(1, again.ExitStatus);
        Assert.Contains("/restored is not empty: it holds", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_job_for_Kubernetes_restores_a_moment_from_a_backup_directory()
    {
        await using RestoreJob job = new();
        await job.PrepareAsync();

        CommandResult done = (await job.RunAsync(
            Repository.PathOf("tests/fixtures/0.2.0"),
            ["/backups/backups", "--pod=oso.oso-p-prom-svr-0", "--at=20261129T115658Z-636894da32d67afe"],
            "--network=none")).Succeeded();

        Assert.Contains("Restoring oso.oso-p-prom-svr-0/20261129T115658Z-636894da32d67afe", done.Output, StringComparison.Ordinal);
        Assert.Contains("--storage.tsdb.retention.", done.Output, StringComparison.Ordinal);
        Assert.NotEmpty(await Judge.PromtoolBlocksAsync(PrometheusVersion.V2_42, job.DataDirectory));
    }

    private async Task RunAsync(string script) =>
        (await HostCommand.RunAsync(["sh", "-c", script], _folder)).Succeeded();

    private Task<CommandResult> RestoreAsync() => HostCommand.RunAsync(Client.Binary, "restore", Archive, Restored);
}
