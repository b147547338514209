using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotCore.Files.Portable;

/// <summary>
/// A directory by its path, for macOS and Windows. Links are refused where they are seen; one that appears between the
/// look and the use is not.
/// </summary>
internal sealed class PortableDirectory : DirectoryHandle
{
    /// <summary>The name of the file that stands for the lock on a directory.</summary>
    public const string LockName = ".lock";

    private const FileShare ShareAll = FileShare.ReadWrite | FileShare.Delete;

    // Windows then lets nobody else write to it.
    private const FileShare OneWriter = FileShare.Read | FileShare.Delete;

    private PortableDirectory(string path)
        : base(path)
    {
    }

    public override bool IsByDescriptor => false;

    public override FileStatus Status => FileStatus.Of(new DirectoryInfo(Path));

    /// <inheritdoc cref="DirectoryHandle.Open"/>
    public static PortableDirectory OpenPath(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(path);
        return Directory.Exists(full) ? new(full)
            : File.Exists(full) ? throw new IOException($"{full} is not a directory")
            : throw new FileNotFoundException($"{full}: no such directory", full);
    }

    public override FileStatus? Find(string path)
    {
        string parent = System.IO.Path.GetDirectoryName(PathOf(path))!;
        if (parent != Path && (!Directory.Exists(parent) || new DirectoryInfo(parent).LinkTarget is not null))
        {
            return null;
        }

        DirectoryInfo directory = new(PathOf(path));
        FileInfo file = new(PathOf(path));
        return directory.Exists ? FileStatus.Of(directory)
            : file.Exists || file.LinkTarget is not null ? FileStatus.Of(file)
            : null;
    }

    public override PortableDirectory OpenDirectory(string path, bool isSearchOnly = false)
    {
        RequireNoLink(path);
        return OpenPath(PathOf(path));
    }

    public override PortableDirectory CreateDirectory(string name, bool isPrivate = false)
    {
        if (Find(name) is not null)
        {
            throw Taken(name);
        }

        if (isPrivate && !OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(PathOf(name), OwnerOnly | UnixFileMode.UserExecute);
        }
        else
        {
            Directory.CreateDirectory(PathOf(name));
        }

        return OpenDirectory(name);
    }

    public override PortableDirectory Reopen() => new(Path);

    public override FileStream OpenFile(string path)
    {
        RequireNoLink(path);
        return new(PathOf(path), FileMode.Open, FileAccess.Read, ShareAll, bufferSize: 0);
    }

    public override SafeFileHandle CreateFile(string name, UnixFileMode mode = ModeByUmask)
    {
        SafeFileHandle file = File.OpenHandle(PathOf(name), FileMode.CreateNew, FileAccess.ReadWrite, OneWriter);
        if (!OperatingSystem.IsWindows() && mode != ModeByUmask)
        {
            File.SetUnixFileMode(file, mode);
        }

        return file;
    }

    public override SafeFileHandle OpenToChange(string name)
    {
        RequireNoLink(name);
        return File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.ReadWrite, OneWriter);
    }

    public override SafeFileHandle OpenToAppend(string name)
    {
        RequireNoLink(name);
        return File.OpenHandle(PathOf(name), FileMode.Append, FileAccess.Write, ShareAll);
    }

    public override void DeleteFile(string name)
    {
        if (Find(name) is null)
        {
            throw new FileNotFoundException($"{PathOf(name)}: no such file", PathOf(name));
        }

        File.Delete(PathOf(name));
    }

    public override void DeleteDirectory(string name)
    {
        RequireNoLink(name);
        Directory.Delete(PathOf(name), recursive: false);
    }

    public override void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    public override void Move(string from, DirectoryHandle target, string to)
    {
        if (target.Find(to) is not null)
        {
            throw ((PortableDirectory)target).Taken(to);
        }

        // Both refuse a name that appears meanwhile.
        if (Find(from) is { IsDirectory: true })
        {
            Directory.Move(PathOf(from), target.PathOf(to));
        }
        else
        {
            File.Move(PathOf(from), target.PathOf(to), overwrite: false);
        }
    }

    public override string ReadLink(string name) =>
        new FileInfo(PathOf(name)).LinkTarget ?? throw new IOException($"{PathOf(name)} is not a symbolic link");

    public override IEnumerable<string> Names() =>
        Directory.EnumerateFileSystemEntries(Path).Select(entry => System.IO.Path.GetFileName(entry));

    public override void RequireWritable()
    {
        string name = $".{Guid.NewGuid():N}";
        CreateFile(name).Dispose();
        DeleteFile(name);
    }

    public override VolumeSpace Space()
    {
        try
        {
            string full = System.IO.Path.GetFullPath(Path);
            DriveInfo drive = new(OperatingSystem.IsWindows() ? System.IO.Path.GetPathRoot(full)! : full);
            return new(drive.TotalSize, drive.AvailableFreeSpace);
        }
        catch (OverflowException)
        {
            // A network file system may report 8 EiB and more, which DriveInfo can't count.
            return new(long.MaxValue, long.MaxValue);
        }
    }

    public override void Flush()
    {
        // Windows has no such call, and .NET none for a directory of macOS.
    }

    public override void Flush(SafeFileHandle file, string name) => RandomAccess.FlushToDisk(file);

    public override FileStatus StatusOf(SafeFileHandle file, string name) =>
        FileStatus.Of(new FileInfo(PathOf(name)));

    public override void GiveTo(uint user, uint group) => throw CanNotGive(Path);

    public override void Give(SafeFileHandle file, string name, uint user, uint group) =>
        throw CanNotGive(PathOf(name));

    public override FileLock? TryLock(bool isShared)
    {
        if (Find(LockName) is null)
        {
            File.OpenHandle(PathOf(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, ShareAll).Dispose();
        }

        return TryLockFile(LockName, isShared);
    }

    public override FileLock? TryLockFile(string name, bool isShared)
    {
        RequireNoLink(name);

        // Windows locks by what the opening shares, and others lock with flock(2), which FileLock calls.
        FileShare share = !OperatingSystem.IsWindows() ? ShareAll : isShared ? FileShare.Read : FileShare.None;
        try
        {
            return FileLock.TryTake(File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.Read, share), isShared);
        }
        catch (IOException e) when (FileLock.IsHeld(e))
        {
            return null;
        }
    }

    protected override void Dispose(bool isDisposing)
    {
        // A path holds nothing open.
    }

    private void RequireNoLink(string path)
    {
        if (new FileInfo(PathOf(path)).LinkTarget is not null)
        {
            throw new IOException($"{PathOf(path)} is a symbolic link, which is not followed");
        }
    }

    private IOException Taken(string name) => new($"{PathOf(name)}: File exists");

    private static UnauthorizedAccessException CanNotGive(string path) =>
        new($"{path} can't be given to another owner on this system");
}
