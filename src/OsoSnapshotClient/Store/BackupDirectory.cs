using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// A locked backup directory. It holds each block once, and a list for each snapshot. All its files are reached through
/// its open directories.
/// </summary>
internal sealed class BackupDirectory : IBackupStore
{
    private readonly FileLock? _lock;

    private BackupDirectory(
        DirectoryHandle root,
        DirectoryHandle blocks,
        FileLock? @lock) => (Root, Blocks, _lock) = (root, blocks, @lock);

    public DirectoryHandle Root { get; }

    public DirectoryHandle Blocks { get; }

    public string Path => Root.Path;

    public bool HasLock => true;

    public int MaxReads => 1;

    /// <summary>Whether restore and verify take the path for a backup directory; its marker may be missing.</summary>
    public static bool Is(string path)
    {
        try
        {
            using DirectoryHandle root = DirectoryHandle.Open(path);
            return IsMarked(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The caller tries the path as an archive, and reports the error.
            return false;
        }
    }

    /// <summary>Opens a directory to add to it. An empty or missing directory becomes a backup directory.</summary>
    /// <param name="say">Gets a message before a wait.</param>
    /// <exception cref="OperatorException">The path holds something else, or can't be written.</exception>
    public static BackupDirectory OpenToAdd(string path, Action<string> say, CancellationToken token)
    {
        try
        {
            return Open(DirectoryHandle.OpenOrCreatePrivate(path), ShareToAdd, BackupEntry.OpenOrCreateDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"{path} can't be written: {e.Message}",
                Causes.RemedyOr(e, "choose another --into"),
                e);
        }

        FileLock ShareToAdd(DirectoryHandle root)
        {
            if (!MarkerFile.IsIn(root))
            {
                MarkerFile.RequireIsToCome(root);
                using FileLock alone = DirectoryLock.Wait(DirectoryLock.TryAlone, root, Waits, token);
                MarkerFile.Write(root);
            }

            FileLock shared = DirectoryLock.Wait(DirectoryLock.TryShare, root, Waits, token);
            try
            {
                MarkerFile.Raise(root);
                return shared;
            }
            catch
            {
                shared.Dispose();
                throw;
            }
        }

        void Waits() => say($"Waiting until prune has ended in {path}");
    }

    /// <summary>Opens a directory to read it; its file system may be read-only.</summary>
    /// <exception cref="OperatorException">The path is none, of another format, or being pruned.</exception>
    public static BackupDirectory OpenToRead(string path)
    {
        try
        {
            return Open(OpenMarked(path), ShareToRead, OpenFilled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw BackupDamage.CanNotRead(path, e, ClientStatus.Failed);
        }

        static FileLock? ShareToRead(DirectoryHandle root)
        {
            try
            {
                return DirectoryLock.TryShare(root) ?? throw BackupDamage.Busy(root.Path, "prune is at work there");
            }
            catch (Exception e) when (e is UnauthorizedAccessException || Causes.Of(e) == Causes.ReadOnly)
            {
                // Who may not write there can only read without a lock.
                return null;
            }
        }
    }

    /// <summary>Opens a directory to delete from it; no other client can use it meanwhile.</summary>
    /// <exception cref="OperatorException">The path is no backup directory, of another format, or in use.</exception>
    public static BackupDirectory OpenAlone(string path)
    {
        try
        {
            return Open(
                OpenMarked(path),
                root => DirectoryLock.TryAlone(root) ?? throw BackupDamage.Busy(path, "another client uses it"),
                OpenFilled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"{path} can't be written: {e.Message}",
                Causes.Remedy(e, "check the directory's permissions"),
                e);
        }
    }

    public DateTimeOffset Now() => TimeProvider.System.GetUtcNow();

    public IEnumerable<StoredFile> Files(string folder)
    {
        using DirectoryHandle? parent = BackupEntry.FindFolder(Root, folder);
        foreach (string name in parent?.Names() ?? [])
        {
            if (parent!.Find(name) is { } found)
            {
                yield return new(name, found.SizeBytes, found.ModifiedAt, found.IsRegularFile);
            }
        }
    }

    public IEnumerable<string> Folders(string folder)
    {
        using DirectoryHandle? parent = BackupEntry.FindFolder(Root, folder);
        return parent is null ? [] : [.. parent.Names()];
    }

    public StoredFile? Find(string name) => In(
        name, (parent, file) => BackupEntry.FindFile(parent, file) is { } status
            ? new StoredFile(file, status.SizeBytes, status.ModifiedAt)
            : null);

    public Stream Open(string name) =>
        In(name, (parent, file) => parent.OpenFile(file)) ?? throw new FileNotFoundException($"{name} is missing");

    public byte[]? Read(string name, int maxBytes) =>
        In(name, (parent, file) => BackupEntry.Read(parent, file, maxBytes));

    public void Write(string name, byte[] content)
    {
        (string folder, string file) = BackupLayout.Split(name);
        using DirectoryHandle parent = BackupEntry.OpenOrCreateFolder(Root, folder);
        BackupEntry.FindFile(parent, file);
        SmallFile.Write(parent, file, content);
    }

    public Func<bool> PrepareCreate(string name, byte[] content) => () =>
    {
        if (Find(name) is not null)
        {
            return false;
        }

        // A list must name only what survives a power cut. Another client's rename may not be flushed yet.
        Blocks.Flush();
        Write(name, content);
        return true;
    };

    public Action PrepareDelete(string name) => () => In<object>(name, (parent, file) =>
    {
        parent.TryDeleteFile(file);
        if (file.EndsWith(ManifestStore.Extension, StringComparison.Ordinal))
        {
            // Blocks are deleted next, and a power cut must not bring their list back.
            parent.Flush();
        }

        return null;
    });

    public IBlockPart? TryOpenPart(BlockName block, long contentBytes) => BlockPart.TryOpen(Blocks, block);

    public IRunNote OpenNote(PodName pod) => DirectoryNote.Open(this, pod);

    public IReadOnlyList<StalePart> FindStale(TimeProvider time) => StaleParts.Find(this, time);

    public void Dispose()
    {
        Blocks.Dispose();
        _lock?.Dispose();
        Root.Dispose();
    }

    private T? In<T>(string name, Func<DirectoryHandle, string, T?> use)
        where T : class => BackupEntry.In(Root, name, use);

    private static DirectoryHandle OpenMarked(string path)
    {
        DirectoryHandle? root = null;
        try
        {
            root = DirectoryHandle.Open(path);
            if (IsMarked(root))
            {
                return root;
            }
        }
        catch (FileNotFoundException)
        {
            // The message below says it.
        }
        catch
        {
            root?.Dispose();
            throw;
        }

        root?.Dispose();
        throw new OperatorException(
            ExitStatus.Settings,
            $"{path} is no backup directory: it has no {MarkerFile.Name}.",
            "name the directory that take --into has written to");
    }

    private static bool IsMarked(DirectoryHandle root) =>
        MarkerFile.IsIn(root)
        || (root.Find(BackupLayout.Blocks) is not null && root.Find(BackupLayout.Snapshots) is not null);

    private static BackupDirectory Open(
        DirectoryHandle root,
        Func<DirectoryHandle, FileLock?> takeLock,
        Func<DirectoryHandle, string, DirectoryHandle> open)
    {
        FileLock? taken = null;
        DirectoryHandle? blocks = null;
        try
        {
            taken = takeLock(root);
            MarkerFile.RequireKnown(MarkerFile.ReadFormat(root), root.Path);
            blocks = open(root, BackupLayout.Blocks);
            open(root, BackupLayout.Snapshots).Dispose();
            return new(root, blocks, taken);
        }
        catch
        {
            blocks?.Dispose();
            taken?.Dispose();
            root.Dispose();
            throw;
        }
    }

    private static DirectoryHandle OpenFilled(DirectoryHandle root, string name) =>
        BackupEntry.FindDirectory(root, name)
        ?? throw BackupDamage.Damaged($"{root.PathOf(name)} is missing.", "take it from a copy of the directory");
}
