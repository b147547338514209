using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// A locked backup directory. It holds each block once, and a list for each snapshot. All its files are reached through
/// its open directories.
/// </summary>
internal sealed class BackupDirectory : IDisposable
{
    /// <summary>The format of the directory; this client reads and writes no other.</summary>
    public const int Format = 1;

    private const string BlocksName = "blocks";
    private const string SnapshotsName = "snapshots";

    private readonly FileLock? _lock;

    private BackupDirectory(
        DirectoryHandle root,
        DirectoryHandle blocks,
        DirectoryHandle snapshots,
        FileLock? @lock) => (Root, Blocks, Snapshots, _lock) = (root, blocks, snapshots, @lock);

    public DirectoryHandle Root { get; }

    public DirectoryHandle Blocks { get; }

    /// <summary>Holds a directory for each pod.</summary>
    public DirectoryHandle Snapshots { get; }

    /// <summary>For messages.</summary>
    public string Path => Root.Path;

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
            return Open(DirectoryHandle.OpenOrCreate(path), ShareToAdd, BackupEntry.OpenOrCreateDirectory);
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

            return DirectoryLock.Wait(DirectoryLock.TryShare, root, Waits, token);
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
            throw CanNotRead(path, e, ClientStatus.Failed);
        }

        static FileLock? ShareToRead(DirectoryHandle root)
        {
            try
            {
                return DirectoryLock.TryShare(root) ?? throw Busy(root.Path, "prune is at work there");
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
                root => DirectoryLock.TryAlone(root) ?? throw Busy(path, "another client uses it"),
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

    /// <returns>The path of the block's archive, for messages.</returns>
    public string PathOf(BlockName block) => Blocks.PathOf(block.FileName);

    /// <returns>The path of the pod's lists, for messages.</returns>
    public string PathOf(PodName pod) => Snapshots.PathOf(pod.Text);

    public void Dispose()
    {
        Snapshots.Dispose();
        Blocks.Dispose();
        _lock?.Dispose();
        Root.Dispose();
    }

    public static OperatorException Damaged(string problem, string remedy) =>
        new(ExitStatus.ArchiveFailed, problem, remedy);

    public static OperatorException CanNotRead(string path, Exception cause, ExitStatus status) => new(
        status,
        $"{path} can't be read: {Printable.Text(cause.Message)}",
        Causes.Remedy(cause, "check its permissions"),
        cause);

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
        MarkerFile.IsIn(root) || (root.Find(BlocksName) is not null && root.Find(SnapshotsName) is not null);

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
            int format = MarkerFile.ReadFormat(root);
            if (format != Format)
            {
                throw Damaged(
                    $"{root.Path} has format {format}; this client knows format {Format}.",
                    "use the client of the version that wrote it, or a later one");
            }

            blocks = open(root, BlocksName);
            return new(root, blocks, open(root, SnapshotsName), taken);
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
        ?? throw Damaged($"{root.PathOf(name)} is missing.", "take it from a copy of the directory");

    private static OperatorException Busy(string path, string why) =>
        new(ExitStatus.Busy, $"{path} is in use: {why}.", "run the same command again when that has ended");
}
