using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>A directory with a file system of its own.</summary>
internal sealed class MountedDirectory : IAsyncDisposable
{
    private MountedDirectory()
    {
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("oso-mount-").FullName;

    public static async Task<MountedDirectory> CreateAsync(string options)
    {
        MountedDirectory directory = new();
        (await HostCommand.RunAsync(HostCommand.AsRoot("mount", "-t", "tmpfs", "-o", options, "none", directory.Path))).Succeeded();
        return directory;
    }

    public async Task RemountAsync(string options) =>
        (await HostCommand.RunAsync(HostCommand.AsRoot("mount", "-o", "remount," + options, Path))).Succeeded();

    public async ValueTask DisposeAsync()
    {
        await HostCommand.RunAsync(HostCommand.AsRoot("umount", Path));
        Directory.Delete(Path);
    }
}
