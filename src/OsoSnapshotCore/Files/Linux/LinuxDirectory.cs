using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotCore.Files.Linux;

/// <summary>
/// A directory by its descriptor. A path below it is opened name by name, and no symbolic link is followed. For a
/// single name, openat(2) with O_NOFOLLOW is as safe as openat2(2), and works with every kernel and seccomp profile.
/// </summary>
internal sealed class LinuxDirectory : DirectoryHandle
{
    private const uint UsualMode = 0x1FF;
    private const uint PrivateMode = 0x1C0;

    private readonly SafeFileHandle _descriptor;

    private LinuxDirectory(SafeFileHandle descriptor, string path)
        : base(path) => _descriptor = descriptor;

    public override bool IsByDescriptor => true;

    public override FileStatus Status => Statx.Of(_descriptor, Path);

    /// <inheritdoc cref="DirectoryHandle.Open"/>
    public static LinuxDirectory OpenPath(string path)
    {
        string name = path.TrimEnd('/');
        return new(FileCalls.OpenAt(FileCalls.AtCurrentDirectory, path, FileCalls.OpenDirectory, name), name);
    }

    public override FileStatus? Find(string path)
    {
        int slash = path.LastIndexOf('/');
        if (slash < 0)
        {
            return Statx.Find(_descriptor, path, PathOf(path));
        }

        using DirectoryHandle? parent = FindDirectory(path[..slash]);
        return parent?.Find(path[(slash + 1)..]);
    }

    public override LinuxDirectory OpenDirectory(string path, bool isSearchOnly = false)
    {
        int flags = FileCalls.OpenDirectory | FileCalls.OpenNoFollow | (isSearchOnly ? FileCalls.OpenPath : 0);
        return new(OpenAt(path, flags), PathOf(path));
    }

    public override unsafe LinuxDirectory CreateDirectory(string name, bool isPrivate = false)
    {
        fixed (byte* start = FileName.Encode(name))
        {
            if (FileCalls.MakeDirectoryAt(_descriptor, start, isPrivate ? PrivateMode : UsualMode) != 0)
            {
                throw Errno.ToException(PathOf(name));
            }
        }

        LinuxDirectory created = OpenDirectory(name);
        if (created.Status.UserId == FileCalls.EffectiveUser() && !created.Names().Any())
        {
            return created;
        }

        created.Dispose();
        throw new IOException($"{PathOf(name)} was replaced by another process when it had just been created");
    }

    public override LinuxDirectory Reopen() => new(OpenAt(".", FileCalls.OpenDirectory), Path);

    public override FileStream OpenFile(string path) => new(OpenRegular(path), FileAccess.Read, bufferSize: 0);

    public override SafeFileHandle CreateFile(string name, UnixFileMode mode = ModeByUmask)
    {
        const int Flags = FileCalls.OpenReadWrite | FileCalls.OpenCreate | FileCalls.OpenExclusive;
        return FileCalls.OpenAt(_descriptor, name, Flags | FileCalls.OpenNoFollow, PathOf(name), mode);
    }

    public override SafeFileHandle OpenToChange(string name) =>
        OpenOnlyName(name, FileCalls.OpenReadWrite | FileCalls.OpenNonBlocking);

    public override SafeFileHandle OpenToAppend(string name) => OpenOnlyName(
        name, FileCalls.OpenWriteOnly | FileCalls.OpenAppend | FileCalls.OpenCreate | FileCalls.OpenNonBlocking);

    public override void DeleteFile(string name) => Delete(name, flags: 0);

    public override void DeleteDirectory(string name) => Delete(name, FileCalls.AtRemoveDirectory);

    public override unsafe void Rename(string from, string to)
    {
        fixed (byte* old = FileName.Encode(from), @new = FileName.Encode(to))
        {
            if (FileCalls.RenameAt(_descriptor, old, _descriptor, @new) != 0)
            {
                throw Errno.ToException(PathOf(to));
            }
        }
    }

    public override unsafe void Move(string from, DirectoryHandle target, string to)
    {
        SafeFileHandle directory = ((LinuxDirectory)target)._descriptor;
        fixed (byte* old = FileName.Encode(from), @new = FileName.Encode(to))
        {
            if (FileCalls.RenameAt2(_descriptor, old, directory, @new, FileCalls.RenameNoReplace) == 0)
            {
                return;
            }

            if (Errno.Last is not (Errno.Invalid or Errno.NotImplemented))
            {
                throw Errno.ToException(target.PathOf(to));
            }

            // NFS and old kernels have no renameat2(2). A link replaces nothing, but a directory can't be linked:
            // renameat(2) replaces an empty directory at most.
            bool isDirectory = Find(from) is { IsDirectory: true };
            int result = isDirectory
                ? FileCalls.RenameAt(_descriptor, old, directory, @new)
                : FileCalls.LinkAt(_descriptor, old, directory, @new, flags: 0);
            if (result != 0 || (!isDirectory && FileCalls.UnlinkAt(_descriptor, old, flags: 0) != 0))
            {
                throw Errno.ToException(target.PathOf(to));
            }
        }
    }

    public override unsafe string ReadLink(string name)
    {
        // PATH_MAX of linux/limits.h.
        Span<byte> text = stackalloc byte[4096];
        fixed (byte* start = FileName.Encode(name), buffer = text)
        {
            nint length = FileCalls.ReadLinkAt(_descriptor, start, buffer, (nuint)text.Length);
            return length >= 0 ? FileName.Decode(text[..(int)length]) : throw Errno.ToException(PathOf(name));
        }
    }

    public override IEnumerable<string> Names()
    {
        // An open directory has one position in its listing, so each listing opens the directory again.
        using SafeFileHandle listing = OpenAt(".", FileCalls.OpenDirectory);
        foreach (string name in DirectoryNames.Read(listing, Path))
        {
            yield return name;
        }
    }

    public override unsafe void RequireWritable()
    {
        fixed (byte* self = ".\0"u8)
        {
            if (FileCalls.AccessAt(_descriptor, self, FileCalls.WriteAccess, 0) != 0)
            {
                throw Errno.ToException(Path);
            }
        }
    }

    public override unsafe VolumeSpace Space()
    {
        // struct statvfs of bits/statvfs.h: block size, fragment size, blocks, free blocks, blocks free to everyone, …
        ulong* fields = stackalloc ulong[16];
        return FileCalls.VolumeStatus(_descriptor, fields) == 0
            ? VolumeSpace.Of(fields[2], fields[4], fields[1])
            : throw Errno.ToException(Path);
    }

    public override void Flush() => FlushOpened(_descriptor, Path);

    public override void Flush(SafeFileHandle file, string name) => FlushOpened(file, PathOf(name));

    public override FileStatus StatusOf(SafeFileHandle file, string name) => Statx.Of(file, PathOf(name));

    public override void GiveTo(uint user, uint group) => GiveOpened(_descriptor, Path, user, group);

    public override void Give(SafeFileHandle file, string name, uint user, uint group) =>
        GiveOpened(file, PathOf(name), user, group);

    public override FileLock? TryLock(bool isShared) =>
        FileLock.TryTake(OpenAt(".", FileCalls.OpenDirectory), isShared);

    // NFS takes an exclusive lock only on what is open for writing: flock(2), "NFS details".
    public override FileLock? TryLockFile(string name, bool isShared) =>
        FileLock.TryTake(isShared ? OpenRegular(name) : OpenToChange(name), isShared);

    protected override void Dispose(bool isDisposing) => _descriptor.Dispose();

    // FileStream.Flush(flushToDisk: true) reports no error (dotnet/runtime, SystemNative_FSync).
    private static void FlushOpened(SafeFileHandle file, string path)
    {
        // Some network file systems refuse to flush a directory. Their renames are durable on the server.
        if (FileCalls.FileSync(file) != 0
            && Errno.Last is not (Errno.BadDescriptor or Errno.Invalid or Errno.NotSupported))
        {
            throw new IOException($"{path} can't be flushed to the disk: {Errno.LastText}", Errno.Last);
        }
    }

    private static void GiveOpened(SafeFileHandle file, string path, uint user, uint group)
    {
        if (FileCalls.ChangeOwner(file, user, group) != 0)
        {
            throw Errno.ToException(path);
        }
    }

    private unsafe void Delete(string name, int flags)
    {
        fixed (byte* start = FileName.Encode(name))
        {
            if (FileCalls.UnlinkAt(_descriptor, start, flags) != 0)
            {
                throw Errno.ToException(PathOf(name));
            }
        }
    }

    private SafeFileHandle OpenOnlyName(string name, int flags)
    {
        SafeFileHandle file = OpenAt(name, flags | FileCalls.OpenNoFollow);
        FileStatus status = Statx.Of(file, PathOf(name));
        if (status is { IsRegularFile: true, LinkCount: <= 1 })
        {
            return file;
        }

        file.Dispose();
        throw new IOException(status.IsRegularFile
            ? $"{PathOf(name)} is a hard link: it has {status.LinkCount} names"
            : $"{PathOf(name)} is not a regular file");
    }

    private SafeFileHandle OpenRegular(string path) => RegularFile.Require(
        OpenAt(path, FileCalls.OpenNoFollow | FileCalls.OpenNonBlocking), PathOf(path));

    private SafeFileHandle OpenAt(string path, int flags)
    {
        int slash = path.LastIndexOf('/');
        if (slash < 0)
        {
            return FileCalls.OpenAt(_descriptor, path, flags, PathOf(path));
        }

        using LinuxDirectory parent = OpenDirectory(path[..slash], isSearchOnly: true);
        return FileCalls.OpenAt(parent._descriptor, path[(slash + 1)..], flags, PathOf(path));
    }
}
