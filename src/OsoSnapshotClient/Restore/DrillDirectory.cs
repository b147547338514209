using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>The directory of one drill, which is deleted in any case.</summary>
internal static class DrillDirectory
{
    /// <param name="parent">The directory in which it is made.</param>
    /// <exception cref="OperatorException">The work failed, or the directory can't be written.</exception>
    public static async Task RunInAsync(string parent, Func<DirectoryHandle, Task> work)
    {
        try
        {
            using DirectoryHandle above = DirectoryHandle.OpenOrCreate(parent);
            string name = $"oso-drill-{Guid.NewGuid():N}";
            DirectoryHandle directory = above.CreateDirectory(name, isPrivate: true);
            try
            {
                await work(directory);
            }
            finally
            {
                directory.Dispose();
                DirectoryTree.Delete(above, name, _ => { }, () => { });
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"The drill failed: {e.Message}",
                Causes.Remedy(e, "remove the cause, or name another --work-dir"),
                e);
        }
    }
}
