using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// A directory by its descriptor. A path below it is opened name by name, and no symbolic link is followed, so a
/// process that renames things there can't lead the agent elsewhere. For a single name, openat(2) with O_NOFOLLOW is as
/// safe as openat2(2), and works with every kernel and seccomp profile.
/// </summary>
/// <remarks>A path below the directory is one or more names with slashes between them, without "." and "..".</remarks>
internal sealed class DirectoryHandle : IDisposable
{
    private readonly SafeFileHandle _descriptor;

    private DirectoryHandle(SafeFileHandle descriptor, string path) => (_descriptor, Path) = (descriptor, path);

    /// <summary>Without a slash at its end. For messages only: the directory may have another path by now.</summary>
    public string Path { get; }

    public FileStatus Status => FileStatus.Of(_descriptor, Path);

    /// <summary>Opens a path that the kernel gives or the operator names. Its links are followed.</summary>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    /// <exception cref="IOException">It is not a directory, or another error occurred.</exception>
    public static DirectoryHandle Open(string path) =>
        new(LibC.OpenAt(LibC.AtCurrentDirectory, path, LibC.OpenDirectory, path.TrimEnd('/')), path.TrimEnd('/'));

    /// <returns>null if nothing is there.</returns>
    /// <exception cref="UnauthorizedAccessException">A directory of the path may not be searched.</exception>
    /// <exception cref="IOException">Another error occurred.</exception>
    public FileStatus? Find(string path)
    {
        int slash = path.LastIndexOf('/');
        if (slash < 0)
        {
            return FileStatus.Find(_descriptor, path, PathOf(path));
        }

        using DirectoryHandle? parent = FindDirectory(path[..slash]);
        return parent?.Find(path[(slash + 1)..]);
    }

    /// <summary>Opens a directory to list it or to reach what lies in it.</summary>
    /// <param name="isSearchOnly">The directory is only passed through, and may be unreadable (O_PATH).</param>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public DirectoryHandle OpenDirectory(string path, bool isSearchOnly = false)
    {
        int flags = LibC.OpenDirectory | LibC.OpenNoFollow | (isSearchOnly ? LibC.OpenPath : 0);
        return new(OpenAt(path, flags), PathOf(path));
    }

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

    /// <summary>Opens the same directory again, with its own lock and its own position in the listing.</summary>
    public DirectoryHandle Reopen() => new(OpenAt(".", LibC.OpenDirectory), Path);

    /// <summary>Opens a regular file for reading. It never waits: it opens no pipe and reads no device.</summary>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is not a regular file, or another error occurred.</exception>
    public FileStream OpenFile(string path) => new(OpenRegular(path), FileAccess.Read, bufferSize: 0);

    /// <summary>Creates a file for reading and writing.</summary>
    /// <exception cref="IOException">The file exists already, or can't be created.</exception>
    public SafeFileHandle CreateFile(string name) =>
        OpenAt(name, LibC.OpenReadWrite | LibC.OpenCreate | LibC.OpenExclusive | LibC.OpenNoFollow);

    /// <summary>Opens a regular file to append to it, or creates it. The file must have no other name.</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    /// <exception cref="IOException">It is no regular file, has other names, or another error occurred.</exception>
    public SafeFileHandle OpenToAppend(string name)
    {
        const int Flags = LibC.OpenWriteOnly | LibC.OpenAppend | LibC.OpenCreate | LibC.OpenNonBlocking;
        SafeFileHandle file = OpenAt(name, Flags | LibC.OpenNoFollow);
        FileStatus status = FileStatus.Of(file, PathOf(name));
        if (status is { IsRegularFile: true, LinkCount: 1 })
        {
            return file;
        }

        file.Dispose();
        throw new IOException(status.IsRegularFile
            ? $"{PathOf(name)} is a hard link: it has {status.LinkCount} names"
            : $"{PathOf(name)} is not a regular file");
    }

    /// <summary>Deletes a file or link. A directory is an error, and the destination of a link stays.</summary>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public void DeleteFile(string name) => Delete(name, flags: 0);

    /// <summary>Deletes an empty directory.</summary>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public void DeleteDirectory(string name) => Delete(name, LibC.AtRemoveDirectory);

    /// <summary>Renames a file in this directory. It replaces a file that has the new name.</summary>
    /// <exception cref="IOException">The file can't be renamed.</exception>
    public unsafe void Rename(string from, string to)
    {
        fixed (byte* old = FileName.Encode(from), @new = FileName.Encode(to))
        {
            if (LibC.RenameAt(_descriptor, old, _descriptor, @new) != 0)
            {
                throw Errno.ToException(PathOf(to));
            }
        }
    }

    /// <returns>The path that a symbolic link holds.</returns>
    /// <exception cref="IOException">The link can't be read.</exception>
    public unsafe string ReadLink(string name)
    {
        // PATH_MAX of linux/limits.h.
        Span<byte> text = stackalloc byte[4096];
        fixed (byte* start = FileName.Encode(name), buffer = text)
        {
            nint length = LibC.ReadLinkAt(_descriptor, start, buffer, (nuint)text.Length);
            return length >= 0 ? FileName.Decode(text[..(int)length]) : throw Errno.ToException(PathOf(name));
        }
    }

    /// <summary>The names in it, in no order, read one by one: a large directory takes no more memory.</summary>
    /// <exception cref="IOException">The directory can't be read.</exception>
    public IEnumerable<string> Names()
    {
        // An open directory has one position in its listing, so each listing opens the directory again.
        using SafeFileHandle listing = OpenAt(".", LibC.OpenDirectory);
        foreach (string name in DirectoryNames.Read(listing, Path))
        {
            yield return name;
        }
    }

    /// <summary>True if this process may create and delete files in it.</summary>
    public unsafe bool IsWritable()
    {
        fixed (byte* self = ".\0"u8)
        {
            return LibC.AccessAt(_descriptor, self, LibC.WriteAccess, 0) == 0;
        }
    }

    public VolumeSpace Space() => VolumeSpace.Of(_descriptor, Path);

    /// <summary>Makes creations, renames and deletions in it durable.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Flush() => Durable.Flush(_descriptor, Path);

    /// <inheritdoc cref="FileLock.TryTake"/>
    public FileLock? TryLock(bool isShared) => FileLock.TryTake(OpenAt(".", LibC.OpenDirectory), isShared);

    /// <summary>Locks a regular file.</summary>
    /// <inheritdoc cref="FileLock.TryTake" path="/returns"/>
    /// <inheritdoc cref="OpenFile" path="/exception"/>
    public FileLock? TryLockFile(string name, bool isShared) => FileLock.TryTake(OpenRegular(name), isShared);

    public string PathOf(string path) => $"{Path}/{path}";

    public void Dispose() => _descriptor.Dispose();

    private unsafe void Delete(string name, int flags)
    {
        fixed (byte* start = FileName.Encode(name))
        {
            if (LibC.UnlinkAt(_descriptor, start, flags) != 0)
            {
                throw Errno.ToException(PathOf(name));
            }
        }
    }

    private SafeFileHandle OpenRegular(string path) =>
        RegularFile.Require(OpenAt(path, LibC.OpenNoFollow | LibC.OpenNonBlocking), PathOf(path));

    private SafeFileHandle OpenAt(string path, int flags)
    {
        int slash = path.LastIndexOf('/');
        if (slash < 0)
        {
            return LibC.OpenAt(_descriptor, path, flags, PathOf(path));
        }

        using DirectoryHandle parent = OpenDirectory(path[..slash], isSearchOnly: true);
        return LibC.OpenAt(parent._descriptor, path[(slash + 1)..], flags, PathOf(path));
    }
}
