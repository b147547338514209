using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Opens the note of a take beside a pod's lists. It is locked, so one client at a time backs up a pod.
/// </summary>
internal static class DirectoryNote
{
    /// <exception cref="OperatorException">Another client backs up the pod, or the note can't be written.</exception>
    public static IRunNote Open(BackupDirectory directory, PodName pod)
    {
        using (DirectoryHandle lists = BackupEntry.OpenOrCreateFolder(directory.Root, pod.Folder))
        {
            foreach (string name in StaleParts.RunFiles)
            {
                BackupEntry.FindFileToChange(lists, name);
            }
        }

        try
        {
            return CopyOutput.Open($"{directory.PathOf(pod.Folder)}/{StaleParts.RunName}");
        }
        catch (OperatorException e) when (e.Status == ExitStatus.Busy)
        {
            throw new OperatorException(
                ExitStatus.Busy,
                $"Another client backs up {pod} into {directory.Path}: {e.Message}",
                "wait until the other client has ended",
                e);
        }
    }
}
