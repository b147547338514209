using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Restore;

/// <summary>
/// The job of docker/kubernetes/restore.yaml: its arguments, mounts and rights, in a container of the client's image.
/// </summary>
internal sealed partial class RestoreJob : IAsyncDisposable
{
    private const string Manifest = "docker/kubernetes/restore.yaml";
    private const string Archive = "/backups/POD-snapshots.tgz";

    // The new volume, as a node sees it.
    private readonly string _volume = Directory.CreateTempSubdirectory("oso-volume-").FullName;

    /// <summary>Where Prometheus Operator's Prometheus has its data directory.</summary>
    public string DataDirectory => Path.Combine(_volume, "prometheus-db");

    /// <summary>Makes a volume as the kubelet hands it over: the job's group may write it.</summary>
    public async Task PrepareAsync()
    {
        await ClientImage.SkipWithoutAsync();
        Directory.CreateDirectory(DataDirectory);
        Directory.CreateDirectory(Path.Combine(_volume, "lost+found"));
        (await HostCommand.RunAsync(HostCommand.AsRoot("chown", "-R", "0:65534", _volume))).Succeeded();
        (await HostCommand.RunAsync(HostCommand.AsRoot("chmod", "2775", _volume, DataDirectory))).Succeeded();
    }

    /// <param name="backups">The directory in place of the claim of the backups.</param>
    /// <param name="source">What the operator puts in the archive's place, and the options that follow it.</param>
    /// <param name="podman">More options of the container, such as a secret's variables.</param>
    public async Task<CommandResult> RunAsync(string backups, string[] source, params string[] podman)
    {
        string manifest = await File.ReadAllTextAsync(Repository.PathOf(Manifest));
        string[] command = Assert.Single(Plugin.Manifest.Commands(manifest.Split('\n')));
        Assert.Contains(Archive, command);
        Dictionary<string, string> folders = new() { ["backups"] = backups, ["restored"] = _volume };
        string[] mounts =
        [
            .. from Match mount in Mount().Matches(manifest)
               let folder = Path.Join(folders[mount.Groups[1].Value], mount.Groups[4].Value)
               select $"--volume={folder}:{mount.Groups[2].Value}{(mount.Groups[3].Length > 0 ? ":ro" : null)}",
        ];
        Assert.Equal(2, mounts.Length);
        return await Podman.RunAsync(
        [
            "run", "--rm", "--user=65534:65534", "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL",
            "--security-opt=no-new-privileges", .. mounts, .. podman, ClientImage.Name,
            .. command.SelectMany(word => word == Archive ? [source[0]] : (string[])[word]), .. source.Skip(1),
        ]);
    }

    public async ValueTask DisposeAsync() => await HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", _volume));

    [GeneratedRegex(@"\{name: (\w+), mountPath: ([^,}]+)(, readOnly: true)?(?:, subPath: ([^,}]+))?\}")]
    private static partial Regex Mount();
}
