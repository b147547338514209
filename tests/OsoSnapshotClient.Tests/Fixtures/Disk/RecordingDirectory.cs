using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Fixtures.Disk;

/// <summary>A directory whose changes go to a <see cref="RecordedDisk"/> too.</summary>
internal sealed class RecordingDirectory(DirectoryHandle inner, RecordedDisk disk) : DirectoryHandle(inner.Path)
{
    public override bool IsByDescriptor => inner.IsByDescriptor;

    public override FileStatus Status => inner.Status;

    public override FileStatus? Find(string path) => inner.Find(path);

    public override DirectoryHandle OpenDirectory(string path, bool isSearchOnly = false) =>
        new RecordingDirectory(inner.OpenDirectory(path, isSearchOnly), disk);

    public override DirectoryHandle CreateDirectory(string name, bool isPrivate = false) =>
        new RecordingDirectory(disk.Create(inner, name, () => inner.CreateDirectory(name, isPrivate)), disk);

    public override DirectoryHandle Reopen() => new RecordingDirectory(inner.Reopen(), disk);

    public override FileStream OpenFile(string path) => inner.OpenFile(path);

    public override SafeFileHandle CreateFile(string name, UnixFileMode mode = ModeByUmask) =>
        disk.Create(inner, name, () => inner.CreateFile(name, mode));

    public override SafeFileHandle OpenToChange(string name) => inner.OpenToChange(name);

    public override SafeFileHandle OpenToAppend(string name) => inner.Find(name) is null
        ? disk.Create(inner, name, () => inner.OpenToAppend(name))
        : inner.OpenToAppend(name);

    public override void DeleteFile(string name) => disk.Change(inner, () => inner.DeleteFile(name), (name, null));

    public override void DeleteDirectory(string name) =>
        disk.Change(inner, () => inner.DeleteDirectory(name), (name, null));

    public override void Rename(string from, string to) => disk.Change(
        inner, () => inner.Rename(from, to), (from, null), (to, disk.NodeOf(inner.Find(from)!)));

    public override void Move(string from, DirectoryHandle target, string to)
    {
        Assert.Same(this, target);
        disk.Change(inner, () => inner.Move(from, inner, to), (from, null), (to, disk.NodeOf(inner.Find(from)!)));
    }

    public override string ReadLink(string name) => inner.ReadLink(name);

    public override IEnumerable<string> Names() => inner.Names();

    public override void RequireWritable() => inner.RequireWritable();

    public override VolumeSpace Space() => inner.Space();

    // The real disk need not be waited for.
    public override void Flush() => disk.Flush(inner.Status);

    public override void Flush(SafeFileHandle file, string name) => disk.Flush(inner.StatusOf(file, name));

    public override FileStatus StatusOf(SafeFileHandle file, string name) => inner.StatusOf(file, name);

    public override void GiveTo(uint user, uint group) => inner.GiveTo(user, group);

    public override void Give(SafeFileHandle file, string name, uint user, uint group) =>
        inner.Give(file, name, user, group);

    public override FileLock? TryLock(bool isShared) => inner.TryLock(isShared);

    public override FileLock? TryLockFile(string name, bool isShared) => inner.TryLockFile(name, isShared);

    protected override void Dispose(bool isDisposing) => inner.Dispose();
}
