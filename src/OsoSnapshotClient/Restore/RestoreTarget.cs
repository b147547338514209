using OsoSnapshotClient.Copy;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>A directory that becomes a data directory for Prometheus, completely or not at all.</summary>
/// <param name="owner">The owner of the files; null for this user.</param>
internal sealed class RestoreTarget(string directory, FileOwner? owner, TextWriter output, TimeProvider time)
{
    /// <summary>A new file system contains this directory, and still counts as empty.</summary>
    public const string NewFileSystemsOwn = "lost+found";

    private string Scratch => Path.Combine(directory, ".restoring");

    /// <exception cref="OperatorException">The directory is not empty.</exception>
    public void RequireEmpty()
    {
        if (File.Exists(directory))
        {
            throw new OperatorException(
                ClientStatus.Failed, $"{directory} is a file, not a directory.", "name an empty directory");
        }

        if (!Directory.Exists(directory))
        {
            return;
        }

        string[] content = [.. Directory.EnumerateFileSystemEntries(directory)
            .Where(path => Path.GetFileName(path) != NewFileSystemsOwn).Take(3)];
        if (content.Length > 0)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"{directory} is not empty: it holds {string.Join(", ", content)}.",
                "name an empty directory; blocks of two servers in one directory can't be told apart");
        }
    }

    /// <exception cref="OperatorException">The disk has less room.</exception>
    public void MakeWithRoomFor(long bytes)
    {
        Directory.CreateDirectory(directory);
        RequireRoomFor(bytes);
    }

    /// <inheritdoc cref="MakeWithRoomFor" path="/exception"/>
    public void RequireRoomFor(long bytes)
    {
        long free = LocalDisk.FreeBytes(Scratch);
        if (free <= bytes)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"Not enough room: {ByteSize.Format(bytes)} to unpack, {ByteSize.Format(free)} free in {directory}.",
                "make room, or choose another directory");
        }
    }

    /// <summary>Fills the directory with blocks, so that Prometheus can use it as it is.</summary>
    /// <param name="unpack">Writes the blocks below the path that it gets; if it throws, nothing stays.</param>
    public void Fill(Action<string> unpack)
    {
        List<string> made = [Scratch];
        try
        {
            Directory.CreateDirectory(Scratch);
            unpack(Scratch);
            owner?.Take(Scratch);
            foreach (string path in Directory.EnumerateFileSystemEntries(Scratch, "*", SearchOption.AllDirectories))
            {
                owner?.Take(path);
            }

            foreach (string path in Directory.EnumerateFileSystemEntries(Scratch).ToArray())
            {
                made.Add(Path.Combine(directory, Path.GetFileName(path)));
                Directory.Move(path, made[^1]);
            }

            Directory.Delete(Scratch);
            owner?.Take(directory);
        }
        catch
        {
            made.ForEach(Delete);
            throw;
        }
    }

    /// <param name="blocks">The meta.json of each restored block.</param>
    public void Tell(IReadOnlyCollection<BlockMeta> blocks)
    {
        RetentionFlags retention = RetentionFlags.For(blocks, time.GetUtcNow());
        string belongs = owner is null ? string.Empty : $" (the files belong to {owner})";
        output.WriteLine($"""
            ✅ {directory} is restored. Start Prometheus on it with

              --storage.tsdb.path={Path.GetFullPath(directory)} {retention.Flags}

            {retention.Reason}
            Prometheus 3 may also have a retention in its configuration file: take it out.
            Prometheus' user must be able to write there{belongs}.
            Data of Prometheus 3 opens with 2.55 or later; data of 2.x with any later version.
            """);
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }
}
