using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Restore;

/// <summary>
/// Runs the commands of src/OsoSnapshotClient/RESTORE.md one after the other, exactly as they are written.
/// </summary>
public sealed class DocumentedCommandsTests : IDisposable
{
    private const string Snapshot = "20250820T165101Z-0eb533ff8d43ed64";

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-documented-").FullName;

    public void Dispose() => HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", _folder)).GetAwaiter().GetResult();

    [Fact]
    public async Task The_documented_commands_verify_the_archive_and_restore_it()
    {
        string[] commands =
        [
            .. (await File.ReadAllLinesAsync(Repository.PathOf("src/OsoSnapshotClient/RESTORE.md"), TestContext.Current.CancellationToken))
                .Where(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line.Trim()),
        ];
        await PrepareAsync();

        Assert.Contains(commands, command => command.StartsWith("kubectl oso-snapshot restore ", StringComparison.Ordinal));
        Assert.Contains(commands, command => command.StartsWith("tar xzf ", StringComparison.Ordinal));
        CommandResult typed = (await HostCommand.RunAsync(
            HostCommand.AsRoot("env", $"PATH={_folder}:{Environment.GetEnvironmentVariable("PATH")}", "sh", "-exc", string.Join('\n', commands)),
            _folder)).Succeeded();

        Assert.Contains(Snapshot, typed.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Judge.PromtoolBlocksAsync(PrometheusVersion.V2_42, Path.Combine(_folder, "restored"))).Count);
        Assert.Equal(2, (await Judge.PromtoolBlocksAsync(PrometheusVersion.V2_42, Path.Combine(_folder, "snapshots", Snapshot))).Count);
    }

    // Makes an archive, and a kubectl that finds its plugin.
    private async Task PrepareAsync()
    {
        BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = Path.Combine(_folder, "snapshots", Snapshot), BlockCount = 2, SizeBytes = 1 << 20, Seed = 1, Until = TimeProvider.System.GetUtcNow(),
        });
        string kubectl = Path.Combine(_folder, "kubectl");
        await File.WriteAllTextAsync(kubectl, $"#!/bin/sh\n[ \"$1\" = oso-snapshot ] && shift && exec {Client.Binary} \"$@\"\n");
        (await HostCommand.RunAsync(
            ["sh", "-c", "tar czf snapshots.tgz snapshots && rm -r snapshots && sha256sum snapshots.tgz >snapshots.tgz.sha256 && chmod 755 . kubectl"],
            _folder)).Succeeded();
    }
}
