using OsoSnapshotCore.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;

namespace OsoSnapshotClient.Backups;

/// <summary>A locked backup directory. It holds each block once, and a list for each snapshot.</summary>
internal sealed class BackupDirectory : IDisposable
{
    /// <summary>The format of the directory; this client reads and writes no other.</summary>
    public const int Format = 1;

    private readonly FileStream? _lock;

    private BackupDirectory(string path, FileStream? @lock) => (Path, _lock) = (path, @lock);

    public string Path { get; }

    public string Blocks => System.IO.Path.Combine(Path, "blocks");

    public string Snapshots => System.IO.Path.Combine(Path, "snapshots");

    /// <summary>Whether restore and verify take the path for a backup directory; its marker may be missing.</summary>
    public static bool Is(string path) =>
        MarkerFile.IsIn(path)
        || (Directory.Exists(System.IO.Path.Combine(path, "blocks"))
            && Directory.Exists(System.IO.Path.Combine(path, "snapshots")));

    /// <summary>Opens a directory to add to it. An empty or missing directory becomes a backup directory.</summary>
    /// <param name="say">Gets a message before a wait.</param>
    /// <exception cref="OperatorException">The path holds something else, or can't be written.</exception>
    public static BackupDirectory OpenToAdd(string path, Action<string> say, CancellationToken token)
    {
        try
        {
            Directory.CreateDirectory(path);
            if (!MarkerFile.IsIn(path))
            {
                MarkerFile.RequireIsToCome(path);
                using FileStream alone = DirectoryLock.Wait(DirectoryLock.TryAlone, path, Waits, token);
                MarkerFile.Write(path);
            }

            BackupDirectory directory = Check(
                new(path, DirectoryLock.Wait(DirectoryLock.TryShare, path, Waits, token)), isFilled: false);
            Directory.CreateDirectory(directory.Blocks);
            Directory.CreateDirectory(directory.Snapshots);
            return directory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"{path} can't be written: {e.Message}",
                Causes.RemedyOr(e, "choose another --into"),
                e);
        }

        void Waits() => say($"Waiting until prune has ended in {path}");
    }

    /// <summary>Opens a directory to read it; its file system may be read-only.</summary>
    /// <exception cref="OperatorException">The path is none, of another format, or being pruned.</exception>
    public static BackupDirectory OpenToRead(string path)
    {
        RequireMarker(path);
        FileStream? shared;
        try
        {
            shared = DirectoryLock.TryShare(path) ?? throw Busy(path, "prune is at work there");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            shared = null;
        }

        return Check(new(path, shared));
    }

    /// <summary>Opens a directory to delete from it; no other client can use it meanwhile.</summary>
    /// <exception cref="OperatorException">The path is no backup directory, of another format, or in use.</exception>
    public static BackupDirectory OpenAlone(string path)
    {
        RequireMarker(path);
        try
        {
            return Check(new(path, DirectoryLock.TryAlone(path) ?? throw Busy(path, "another client uses it")));
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

    /// <returns>The path of the block's archive.</returns>
    public string PathOf(BlockName block) => System.IO.Path.Combine(Blocks, block.FileName);

    /// <returns>The path of the archive's checksum file, for <c>sha256sum -c</c>.</returns>
    public string ChecksumOf(BlockName block) => PathOf(block) + ChecksumFile.Extension;

    public string PathOf(PodName pod) => System.IO.Path.Combine(Snapshots, pod.Text);

    public void Dispose() => _lock?.Dispose();

    /// <summary>Refuses a link, because this program makes none and what a link leads to is not its own.</summary>
    /// <exception cref="OperatorException">The path is a link.</exception>
    public static void RefuseLink(string path)
    {
        if (new FileInfo(path).LinkTarget is { } target)
        {
            throw Damaged(
                $"{path} is a link to {target}; a backup directory holds no links.",
                "replace the link by the file or directory itself");
        }
    }

    public static OperatorException Damaged(string problem, string remedy) =>
        new(ExitStatus.ArchiveFailed, problem, remedy);

    private static void RequireMarker(string path)
    {
        if (!Is(path))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"{path} is no backup directory: it has no {MarkerFile.Name}.",
                "name the directory that take --into has written to");
        }
    }

    private static BackupDirectory Check(BackupDirectory directory, bool isFilled = true)
    {
        try
        {
            int format = MarkerFile.ReadFormat(directory.Path);
            if (format != Format)
            {
                throw Damaged(
                    $"{directory.Path} has format {format}; this client knows format {Format}.",
                    "use the client of the version that wrote it, or a later one");
            }

            foreach (string path in new[] { directory.Blocks, directory.Snapshots })
            {
                RefuseLink(path);
                if (isFilled && !Directory.Exists(path))
                {
                    throw Damaged($"{path} is missing.", "take it from a copy of the directory");
                }
            }

            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static OperatorException Busy(string path, string why) =>
        new(ExitStatus.Busy, $"{path} is in use: {why}.", "run the same command again when that has ended");
}
