using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Looks at a name in a backup directory. This program makes only files and directories there, so it refuses links,
/// pipes and devices, and follows none. An error other than "absent" is never taken for an absence.
/// </summary>
internal static class BackupEntry
{
    // What a mode grants to the group and to others.
    private const int ForOthers = 0x3F;

    /// <returns>null if nothing is there.</returns>
    /// <exception cref="OperatorException">Something other than a regular file is there.</exception>
    /// <exception cref="IOException">Nobody knows what is there.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be searched.</exception>
    public static FileStatus? FindFile(DirectoryHandle parent, string name) =>
        FindNoLink(parent, name) is not { } status ? null
            : status.IsRegularFile ? status
            : throw Foreign(parent, name, "not a regular file");

    /// <summary>Finds a file that this program is about to write.</summary>
    /// <inheritdoc cref="FindFile"/>
    public static FileStatus? FindFileToChange(DirectoryHandle parent, string name) =>
        FindFile(parent, name) is not { } status ? null
            : status.LinkCount <= 1 ? status
            : throw BackupDamage.Damaged(
                $"{Printable.Text(parent.PathOf(name))} is a hard link: it has {status.LinkCount} names.",
                "delete this name of it");

    /// <returns>null if nothing is there.</returns>
    /// <exception cref="OperatorException">Something other than a directory is there.</exception>
    /// <inheritdoc cref="FindFile" path="/exception"/>
    public static DirectoryHandle? FindDirectory(DirectoryHandle parent, string name) =>
        FindNoLink(parent, name) is not { } status ? null
            : status.IsDirectory ? parent.OpenDirectory(name)
            : throw Foreign(parent, name, "not a directory");

    /// <summary>Finds a directory below another one, step by step; the names are separated by <c>/</c>.</summary>
    /// <inheritdoc cref="FindDirectory"/>
    public static DirectoryHandle? FindFolder(DirectoryHandle root, string folder) =>
        Walk(root, folder, FindDirectory);

    /// <summary>Opens a folder that survives a power cut, whoever has created it.</summary>
    /// <inheritdoc cref="FindDirectory" path="/exception"/>
    public static DirectoryHandle OpenOrCreateFolder(DirectoryHandle root, string folder) =>
        Walk(root, folder, (parent, name) =>
        {
            DirectoryHandle opened = OpenOrCreateDirectory(parent, name);
            parent.Flush();
            return opened;
        })!;

    /// <summary>Opens a directory, or creates one that only its owner may enter, unless others may enter its parent.
    /// </summary>
    /// <inheritdoc cref="FindDirectory" path="/exception"/>
    public static DirectoryHandle OpenOrCreateDirectory(DirectoryHandle parent, string name)
    {
        try
        {
            return FindDirectory(parent, name)
                ?? parent.CreateDirectory(name, isPrivate: (parent.Status.Permissions & ForOthers) == 0);
        }
        catch (IOException)
        {
            // Another client may have made it meanwhile, and filled it.
            if (FindDirectory(parent, name) is { } made)
            {
                return made;
            }

            throw;
        }
    }

    /// <summary>Creates an empty file, if nothing is there. Another client may create it at the same moment.</summary>
    /// <exception cref="IOException">The file can't be created.</exception>
    /// <inheritdoc cref="FindFile" path="/exception"/>
    public static void CreateMissingFile(DirectoryHandle parent, string name, UnixFileMode mode)
    {
        try
        {
            if (FindFile(parent, name) is null)
            {
                parent.CreateFile(name, mode).Dispose();
            }
        }
        catch (IOException)
        {
            if (FindFile(parent, name) is null)
            {
                throw;
            }
        }
    }

    /// <summary>Reads a small file.</summary>
    /// <exception cref="IOException">The file is longer, or can't be read.</exception>
    /// <inheritdoc cref="FindFile"/>
    public static byte[]? Read(DirectoryHandle parent, string name, int maxBytes) =>
        FindFile(parent, name) is null ? null : SmallFile.Read(parent, name, maxBytes);

    /// <summary>Uses the folder of a name.</summary>
    /// <returns>null if there is no such folder.</returns>
    public static T? In<T>(DirectoryHandle root, string name, Func<DirectoryHandle, string, T?> use)
        where T : class
    {
        (string folder, string file) = BackupLayout.Split(name);
        using DirectoryHandle? parent = FindFolder(root, folder);
        return parent is null ? null : use(parent, file);
    }

    private static DirectoryHandle? Walk(
        DirectoryHandle root, string folder, Func<DirectoryHandle, string, DirectoryHandle?> open)
    {
        DirectoryHandle? found = root.Reopen();
        foreach (string name in folder.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using DirectoryHandle parent = found;
            found = open(parent, name);
            if (found is null)
            {
                break;
            }
        }

        return found;
    }

    private static FileStatus? FindNoLink(DirectoryHandle parent, string name)
    {
        FileStatus? status = parent.Find(name);
        return status is not { IsSymbolicLink: true } ? status : throw BackupDamage.Damaged(
            $"{Printable.Text(parent.PathOf(name))} is a link to {Printable.Text(parent.ReadLink(name))};"
            + " a backup directory holds no links.",
            "replace the link by the file or directory itself");
    }

    private static OperatorException Foreign(DirectoryHandle parent, string name, string what) =>
        BackupDamage.Damaged(
            $"{Printable.Text(parent.PathOf(name))} is {what}; a backup directory holds only files and directories.",
            "move it elsewhere");
}
