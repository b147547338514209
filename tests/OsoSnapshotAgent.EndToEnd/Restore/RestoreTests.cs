using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
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
    [InlineData("touch snapshots.log")]
    [InlineData("sed -i s/snapshots.tgz/pod-snapshots.tgz/ *.sha256; for f in snapshots.tgz*; do mv $f pod-$f; done")]
    [InlineData("sed -i s/snapshots.tgz/pod-snapshots.tgz/ *.sha256")]
    public async Task The_job_for_Kubernetes_takes_the_archive_under_any_name(string rename)
    {
        await PrepareJobAsync();
        await RunAsync(rename);

        (await RunJobAsync()).Succeeded();

        Assert.Equal(2, (await Judge.PromtoolBlocksAsync(PrometheusVersion.V2_42, Restored)).Count);
    }

    [Theory]
    [InlineData("printf x | dd of=snapshots.tgz bs=1 seek=5000 conv=notrunc", "snapshots.tgz: FAILED")]
    [InlineData(": >snapshots.tgz.sha256", "")]
    [InlineData("rm snapshots.tgz.sha256", "NAME.tgz.sha256. It holds:\nrestored\nsnapshots\nsnapshots.tgz\n")]
    [InlineData("rm snapshots.tgz", "NAME.tgz.sha256. It holds:\nrestored\nsnapshots\nsnapshots.tgz.sha256\n")]
    [InlineData("cp snapshots.tgz other.tgz", "NAME.tgz.sha256. It holds:\nother.tgz\nrestored\n")]
    public async Task The_job_for_Kubernetes_unpacks_nothing_that_it_can_not_compare(string damage, string told)
    {
        await PrepareJobAsync();
        await RunAsync(damage);

        CommandResult job = await RunJobAsync();

        Assert.Equal(1, job.ExitStatus);
        Assert.Contains(told, job.Output, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(Restored, "lost+found")], Directory.GetFileSystemEntries(Restored));
    }

    [Fact]
    public async Task The_job_for_Kubernetes_fills_a_new_volume_and_refuses_one_that_is_not_new()
    {
        await PrepareJobAsync();

        (await RunJobAsync()).Succeeded();

        Assert.Equal(2, (await Judge.PromtoolBlocksAsync(PrometheusVersion.V2_42, Restored)).Count);
        Assert.All(Directory.GetDirectories(Restored, "0*"), block => Assert.True(File.Exists(Path.Combine(block, "meta.json"))));
        CommandResult again = await RunJobAsync();
        Assert.Equal(1, again.ExitStatus);
        Assert.Contains("The volume is not empty", again.Output, StringComparison.Ordinal);
    }

    private async Task RunAsync(string script) =>
        (await HostCommand.RunAsync(["sh", "-c", script], _folder)).Succeeded();

    /// <summary>Makes a volume as empty as a new file system, whose own directory is lost+found.</summary>
    private async Task PrepareJobAsync()
    {
        await Podman.SkipWhereImpossibleAsync();
        Directory.CreateDirectory(Path.Combine(Restored, "lost+found"));
        (await HostCommand.RunAsync(HostCommand.AsRoot("chown", "65534:65534", Restored))).Succeeded();
    }

    private Task<CommandResult> RestoreAsync() => HostCommand.RunAsync(Client.Binary, "restore", Archive, Restored);

    /// <summary>Runs the manifest's own command with the rights of its security context.</summary>
    private async Task<CommandResult> RunJobAsync()
    {
        string[] manifest = await File.ReadAllLinesAsync(Repository.PathOf("docker/kubernetes/restore.yaml"));
        int first = Array.FindIndex(manifest, line => line.Trim() == "- |") + 1;
        string indent = manifest[first][..^manifest[first].TrimStart().Length];
        string script = string.Concat(manifest.Skip(first).TakeWhile(line => line.StartsWith(indent, StringComparison.Ordinal)).Select(line => line[indent.Length..] + "\n"));
        Assert.Contains("command: [\"/bin/sh\", \"-ec\"]", manifest[first - 3] + manifest[first - 2], StringComparison.Ordinal);
        return await Podman.RunAsync(
            "run", "--rm", "--network=none", "--user=65534:65534", "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges",
            $"--volume={_folder}:/archive:ro", $"--volume={Restored}:/restored", "--entrypoint=/bin/sh", Podman.Image, "-ec", script);
    }
}
