using OsoSnapshotCore.Files;

namespace OsoSnapshotCore.Archives;

/// <summary>A directory that a restore made, and the files that it made there.</summary>
/// <param name="path">The path of a block, or of its directory of segments: <c>ULID/chunks</c>.</param>
internal sealed class MadeDirectory(string path, FileStatus status)
{
    private readonly (uint DeviceMajor, uint DeviceMinor, ulong Inode) _identity = status.Identity;
    private readonly Dictionary<string, FileStatus> _made = new(StringComparer.Ordinal);

    public string Path => path;

    /// <summary>The name of the block that it belongs to.</summary>
    public string Block => path.Split('/')[0];

    /// <summary>Remembers a file or directory that was made here, or how it is now.</summary>
    public void Set(string name, FileStatus made) => _made[name] = made;

    /// <summary>Compares the directory with what was made.</summary>
    /// <param name="root">The directory that the path starts from.</param>
    /// <exception cref="IOException">Something is missing, was added or was replaced.</exception>
    public void RequireIn(DirectoryHandle root)
    {
        using DirectoryHandle directory = root.OpenDirectory(path);
        HashSet<string> missing = [.. _made.Keys];
        foreach (string name in directory.Names())
        {
            if (!missing.Remove(name) || !IsAsMade(name, directory.Find(name)))
            {
                throw Changed(directory.PathOf(name), "was changed");
            }
        }

        if (missing.Count > 0 || directory.Status.Identity != _identity)
        {
            throw Changed(root.PathOf(path), "was replaced");
        }
    }

    /// <summary>Deletes what was made, and nothing that has such a name now.</summary>
    /// <exception cref="IOException">Something can't be deleted, or was added by another process.</exception>
    public void DeleteFrom(DirectoryHandle root)
    {
        using (DirectoryHandle? directory = root.FindDirectory(path))
        {
            if (directory is null || directory.Status.Identity != _identity)
            {
                return;
            }

            foreach ((string name, FileStatus made) in _made)
            {
                if (directory.Find(name) is { IsDirectory: false } found && found.Identity == made.Identity)
                {
                    directory.DeleteFile(name);
                }
            }
        }

        int slash = path.LastIndexOf('/');
        using DirectoryHandle parent = slash < 0 ? root.Reopen() : root.OpenDirectory(path[..slash]);
        parent.DeleteDirectory(path[(slash + 1)..]);
    }

    private static IOException Changed(string path, string how) =>
        new($"{path} {how} by another process while the blocks were moved into place");

    private bool IsAsMade(string name, FileStatus? found) =>
        found is not null
        && found.Identity == _made[name].Identity
        && (found.IsDirectory ? _made[name].IsDirectory : IsFile(found, _made[name].SizeBytes));

    private static bool IsFile(FileStatus found, long sizeBytes) =>
        found.IsRegularFile && found.SizeBytes == sizeBytes;
}
