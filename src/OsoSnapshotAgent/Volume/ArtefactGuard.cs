using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Volume;

/// <summary>Refuses to delete other things that have an artefact's name, and databases in use.</summary>
internal static class ArtefactGuard
{
    /// <param name="files">The names of the artefacts that will be deleted.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public static void RefuseForeign(DirectoryHandle data, IEnumerable<string> files)
    {
        foreach (string name in files)
        {
            if (data.Find(name) is { IsDirectory: true })
            {
                throw Foreign(data.PathOf(name), "is a directory, but the agent expects a file of its own there");
            }
        }

        if (data.Find(DataDirectory.SnapshotsName) is { IsDirectory: false, IsSymbolicLink: false })
        {
            throw Foreign(
                data.PathOf(DataDirectory.SnapshotsName),
                "is not a directory, but Prometheus makes its snapshots in one");
        }
    }

    /// <summary>Refuses databases in any directory below the snapshots.</summary>
    /// <inheritdoc cref="RefuseForeign" path="/exception"/>
    /// <exception cref="IOException">A directory can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory may not be read.</exception>
    public static void RefuseServersBelow(DirectoryHandle data)
    {
        FileStatus own = data.Status;
        using DirectoryHandle? snapshots = data.FindDirectory(DataDirectory.SnapshotsName);
        IEnumerable<TreeItem> items = snapshots is null
            ? []
            : DirectoryTree.Walk(snapshots, TreeOrder.AsListed, inspect: directory => Inspect(directory, own));
        foreach (TreeItem _ in items)
        {
            // The loop is empty, because the walk itself inspects each directory.
        }
    }

    /// <summary>Refuses a directory of the snapshots that a snapshot can't be made in.</summary>
    /// <inheritdoc cref="RefuseServersBelow" path="/exception"/>
    public static void RefuseOtherMount(DirectoryHandle data)
    {
        using DirectoryHandle? snapshots = data.FindDirectory(DataDirectory.SnapshotsName);
        if (snapshots is not null)
        {
            RefuseOtherMount(snapshots, data.Status);
        }
    }

    /// <summary>Inspects a directory before anything in it is deleted.</summary>
    /// <param name="own">The status of the data directory.</param>
    /// <inheritdoc cref="RefuseForeign" path="/exception"/>
    public static void Inspect(DirectoryHandle directory, FileStatus own)
    {
        RefuseOtherMount(directory, own);
        RefuseServer(directory);
    }

    private static void RefuseOtherMount(DirectoryHandle directory, FileStatus own)
    {
        if (directory.Status.IsOnAnotherMountThan(own))
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{directory.Path}: {Causes.OtherFileSystem.Means}. The agent did not touch it.",
                Causes.OtherFileSystem.Remedy);
        }
    }

    /// <inheritdoc cref="RefuseForeign" path="/exception"/>
    private static void RefuseServer(DirectoryHandle directory)
    {
        if (DataDirectory.SignOfServer(directory) is { } sign)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{directory.Path} holds {sign}: it is the database of a Prometheus, running or restored, and no snapshot."
                + " The agent did not touch it.",
                "Stop that Prometheus, move the directory out of snapshots/, and run again.");
        }
    }

    private static OperatorException Foreign(string path, string what) => new(
        ExitStatus.ArchiveFailed,
        $"{path} {what}. Nothing was touched.",
        "Look at what is there, move it away or delete it, and run again.");
}
