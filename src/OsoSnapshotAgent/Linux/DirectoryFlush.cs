namespace OsoSnapshotAgent.Linux;

/// <summary>A directory on its way to the disk.</summary>
internal static class DirectoryFlush
{
    /// <summary>Makes the creations, renames and deletions in the directory durable: fsync(2).</summary>
    public static void ToDisk(string path)
    {
        int descriptor = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloseOnExec);
        if (descriptor >= 0)
        {
            // Some network file systems refuse to flush a directory; their renames are durable on the server.
            _ = LibC.FileSync(descriptor);
            _ = LibC.Close(descriptor);
        }
    }
}
