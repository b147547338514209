using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Files.Linux;
using OsoSnapshotCore.Files.Portable;

namespace OsoSnapshotCore.Files;

/// <summary>
/// An open directory. Everything in a directory that others may write goes through this class. On Linux it is a
/// descriptor: no symbolic link below it is followed, so a process that renames things there can't lead us elsewhere.
/// Elsewhere it is a path, which only refuses the links that it sees.
/// </summary>
/// <remarks>A path below the directory is one or more names with slashes between them, without "." and "..".</remarks>
internal abstract class DirectoryHandle : IDisposable
{
    /// <summary>The umask decides who may read such a file.</summary>
    public const UnixFileMode ModeByUmask = (UnixFileMode)0x1B6;

    /// <summary>The mode of files that hold what nobody else needs to read: 0600.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly AsyncLocal<Func<DirectoryHandle, DirectoryHandle>?> Watched = new();

    protected DirectoryHandle(string path) => Path = path;

    /// <summary>
    /// What a test puts around each directory that this flow of execution opens by its path, to record what is done
    /// there; null in the programs.
    /// </summary>
    public static Func<DirectoryHandle, DirectoryHandle>? Watch
    {
        get => Watched.Value;
        set => Watched.Value = value;
    }

    /// <summary>Without a slash at its end. For messages only: the directory may have another path by now.</summary>
    public string Path { get; }

    /// <summary>
    /// Whether no link leads out of it, not even one that appears meanwhile. Only then can files be given away.
    /// </summary>
    public abstract bool IsByDescriptor { get; }

    public abstract FileStatus Status { get; }

    /// <summary>Opens a path that the kernel gives or the operator names. Its links are followed.</summary>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    /// <exception cref="IOException">It is not a directory, or another error occurred.</exception>
    public static DirectoryHandle Open(string path)
    {
        DirectoryHandle opened =
            OperatingSystem.IsLinux() ? LinuxDirectory.OpenPath(path) : PortableDirectory.OpenPath(path);
        return Watch?.Invoke(opened) ?? opened;
    }

    /// <summary>Whether a path that the operator names leads to a directory.</summary>
    public static bool Exists(string path) => Directory.Exists(path);

    /// <summary>Opens a path that the operator names. If it is missing, it is created with its parents.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static DirectoryHandle OpenOrCreate(string path)
    {
        Directory.CreateDirectory(path);
        return Open(path);
    }

    /// <summary>The same, but nobody else may enter a directory that is created (0700).</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static DirectoryHandle OpenOrCreatePrivate(string path)
    {
        if (!OperatingSystem.IsWindows() && !Exists(path))
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }

        return OpenOrCreate(path);
    }

    /// <returns>null if nothing is there.</returns>
    /// <exception cref="UnauthorizedAccessException">A directory of the path may not be searched.</exception>
    /// <exception cref="IOException">Another error occurred.</exception>
    public abstract FileStatus? Find(string path);

    /// <summary>Opens a directory to list it or to reach what lies in it.</summary>
    /// <param name="isSearchOnly">The directory is only passed through, and may be unreadable (O_PATH).</param>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public abstract DirectoryHandle OpenDirectory(string path, bool isSearchOnly = false);

    /// <returns>null if nothing is there, or something other than a directory.</returns>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public DirectoryHandle? FindDirectory(string path)
    {
        try
        {
            return Find(path) is { IsDirectory: true } ? OpenDirectory(path) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Creates a directory and opens it.</summary>
    /// <param name="isPrivate">Nobody else may enter it (0700). Otherwise the umask decides.</param>
    /// <exception cref="IOException">The name is taken, or the directory was swapped before it was opened.</exception>
    public abstract DirectoryHandle CreateDirectory(string name, bool isPrivate = false);

    /// <summary>Opens the same directory again, with its own position in the listing.</summary>
    public abstract DirectoryHandle Reopen();

    /// <summary>Opens a regular file for reading. It never waits: it opens no pipe and reads no device.</summary>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is not a regular file, or another error occurred.</exception>
    public abstract FileStream OpenFile(string path);

    /// <summary>Creates a file for reading and writing.</summary>
    /// <exception cref="IOException">The name is taken, by a link too, or the file can't be created.</exception>
    public abstract SafeFileHandle CreateFile(string name, UnixFileMode mode = ModeByUmask);

    /// <summary>Opens a regular file to read and write it. The file must have no other name.</summary>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public abstract SafeFileHandle OpenToChange(string name);

    /// <summary>Opens a regular file to append to it, or creates it. The file must have no other name.</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    /// <exception cref="IOException">It is no regular file, has other names, or another error occurred.</exception>
    public abstract SafeFileHandle OpenToAppend(string name);

    /// <summary>Deletes a file or link. A directory is an error, and the destination of a link stays.</summary>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public abstract void DeleteFile(string name);

    /// <returns>False if nothing is there.</returns>
    /// <inheritdoc cref="Find" path="/exception"/>
    public bool TryDeleteFile(string name)
    {
        try
        {
            DeleteFile(name);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Deletes an empty directory.</summary>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public abstract void DeleteDirectory(string name);

    /// <summary>Renames a file in this directory. It replaces a file that has the new name.</summary>
    /// <exception cref="IOException">The file can't be renamed.</exception>
    public abstract void Rename(string from, string to);

    /// <summary>Renames a file or directory, into another directory or into this one. It replaces nothing.</summary>
    /// <exception cref="IOException">The new name is taken, or the file can't be renamed.</exception>
    public abstract void Move(string from, DirectoryHandle target, string to);

    /// <returns>The path that a symbolic link holds.</returns>
    /// <exception cref="IOException">The link can't be read.</exception>
    public abstract string ReadLink(string name);

    /// <summary>The names in it, in no order, read one by one: a large directory takes no more memory.</summary>
    /// <exception cref="IOException">The directory can't be read.</exception>
    public abstract IEnumerable<string> Names();

    /// <exception cref="UnauthorizedAccessException">This process may not create and delete files in it.</exception>
    /// <exception cref="IOException">Its file system is read-only, or another error occurred.</exception>
    public abstract void RequireWritable();

    public abstract VolumeSpace Space();

    /// <summary>Makes creations, renames and deletions in it durable.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public abstract void Flush();

    /// <summary>Makes what was written to a file durable.</summary>
    /// <inheritdoc cref="Flush()" path="/exception"/>
    public abstract void Flush(SafeFileHandle file, string name);

    /// <returns>The status of an open file of this directory.</returns>
    public abstract FileStatus StatusOf(SafeFileHandle file, string name);

    /// <summary>Gives this directory to an owner.</summary>
    /// <exception cref="UnauthorizedAccessException">This user may not give files away.</exception>
    /// <exception cref="IOException">The file system has no owners, or another error occurred.</exception>
    public abstract void GiveTo(uint user, uint group);

    /// <summary>Gives an open file to an owner.</summary>
    /// <inheritdoc cref="GiveTo(uint, uint)" path="/exception"/>
    public abstract void Give(SafeFileHandle file, string name, uint user, uint group);

    /// <summary>Locks the directory itself.</summary>
    /// <inheritdoc cref="FileLock.TryTake"/>
    public abstract FileLock? TryLock(bool isShared);

    /// <summary>Locks a regular file.</summary>
    /// <inheritdoc cref="FileLock.TryTake" path="/returns"/>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public abstract FileLock? TryLockFile(string name, bool isShared);

    public string PathOf(string path) => $"{Path}/{path}";

    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool isDisposing);
}
