using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>REMOVE=yes: deletes everything that this program and its snapshots have put on the volume, the log included.</summary>
internal sealed class RemoveSnapshot(SnapshotRun run, Transcript transcript, DirectoryListing listing) : IStep
{
    public Task RunAsync(CancellationToken token)
    {
        DataDirectory data = run.Target.Data;
        listing.Show();
        List<string> removed = [];
        foreach (string path in data.ArchiveFiles.Append(data.Log).Where(path => FileStatus.Find(path) is not null))
        {
            File.Delete(path);
            removed.Add(Path.GetFileName(path));
        }

        if (Directory.Exists(data.Snapshots))
        {
            Directory.Delete(data.Snapshots, recursive: true);
            removed.Add(DataDirectory.SnapshotsName + "/");
        }

        run.Summary = removed.Count == 0 ? "nothing to remove" : $"removed {string.Join(", ", removed)}";
        transcript.Success(removed.Count == 0 ? "Nothing to remove: no artefact of a snapshot was there." : $"Removed {string.Join(", ", removed)}.");
        listing.Show();
        return Task.CompletedTask;
    }
}
