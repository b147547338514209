using System.Security.Cryptography;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Files.Portable;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>A directory that becomes a data directory for Prometheus, completely or not at all.</summary>
/// <param name="owner">The owner of the files; null for this user.</param>
internal sealed class RestoreTarget(string directory, FileOwner? owner, TextWriter output, TimeProvider time)
{
    /// <summary>A new file system contains this directory, and still counts as empty.</summary>
    public const string NewFileSystemsOwn = "lost+found";

    // Version 0.2.0 used this name alone.
    private const string ScratchName = ".restoring";
    private const int MaxNamesTold = 3;

    /// <summary>How a directory is opened; set in tests of other systems.</summary>
    internal Func<string, DirectoryHandle> Opens { get; init; } = DirectoryHandle.OpenOrCreate;

    /// <exception cref="OperatorException">The directory is not empty, or another restore is at work there.</exception>
    public void RequireEmpty()
    {
        if (RegularFile.Exists(directory))
        {
            throw Failed($"{directory} is a file, not a directory.", "name an empty directory");
        }

        if (DirectoryHandle.Exists(directory))
        {
            using DirectoryHandle target = Opens(directory);
            using FileLock? alone = target.IsByDescriptor ? Lock(target) : null;
            RequireEmpty(target, scratch: null);
        }
    }

    /// <summary>Fills the directory with blocks, so that Prometheus can use it as it is.</summary>
    /// <param name="bytes">The room that is surely needed. Each file is compared with the room too.</param>
    /// <param name="unpack">Passes the files to a visitor; if it throws, nothing stays.</param>
    /// <exception cref="OperatorException">It is not empty or in use, or the disk has less room.</exception>
    /// <exception cref="IOException">The files can't be written, or were changed by another process.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write there, or give files away.</exception>
    public void Fill(long bytes, Action<IEntryVisitor> unpack)
    {
        using DirectoryHandle target = Opens(directory);
        bool hasLockFile = !target.IsByDescriptor && target.Find(PortableDirectory.LockName) is not null;
        try
        {
            using FileLock alone = Lock(target);
            RequireEmpty(target, scratch: null);
            RequireRoom(target, bytes);
            FillAlone(target, unpack);
        }
        finally
        {
            // Without descriptors, a file stands for the lock. Another restore keeps it open, and fails at the blocks.
            if (!target.IsByDescriptor && !hasLockFile)
            {
                Try(target, PortableDirectory.LockName, () => target.TryDeleteFile(PortableDirectory.LockName));
            }
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

    private void FillAlone(DirectoryHandle target, Action<IEntryVisitor> unpack)
    {
        string name = $"{ScratchName}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        DirectoryHandle? scratch = null;
        Unpacking? unpacking = null;
        try
        {
            scratch = target.CreateDirectory(name, isPrivate: true);
            unpacking = new(scratch, owner, needed => RequireRoom(target, needed));
            unpack(unpacking);
            RequireEmpty(target, name);
            unpacking.MoveTo(target);
            Delete(target, name, scratch);
            Finish(target, unpacking);
        }
        catch
        {
            Try(target, name, () => unpacking?.Undo(target));
            Try(target, name, () => Delete(target, name, scratch));
            throw;
        }
        finally
        {
            unpacking?.Dispose();
            scratch?.Dispose();
        }
    }

    private void Finish(DirectoryHandle target, Unpacking unpacking)
    {
        target.Flush();
        FlushAbove();
        unpacking.Compare(target);
        using (DirectoryHandle named = Opens(directory))
        {
            if (named.Status.Identity != target.Status.Identity)
            {
                throw new IOException($"{directory} was replaced by another process");
            }
        }

        if (owner is not null)
        {
            target.GiveTo(owner.User, owner.Group);
            target.Flush();
        }

        if (unpacking.LeftOut is { } leftOut)
        {
            output.WriteLine($"⚠️ Prometheus ignores {Printable.Short(leftOut)}: such files were left out.");
        }
    }

    // The directory may be new, and its name must last as long as its content.
    private void FlushAbove()
    {
        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))) is not { } parent)
        {
            return;
        }

        try
        {
            using DirectoryHandle above = DirectoryHandle.Open(parent);
            above.Flush();
        }
        catch (UnauthorizedAccessException)
        {
            // It may be passed through and not read: then this user made no name in it, or can't flush it.
        }
    }

    private FileLock Lock(DirectoryHandle target) => target.TryLock(isShared: false) ?? throw new OperatorException(
        ExitStatus.Busy,
        $"{directory} is in use: another restore, or an agent, is at work there.",
        "wait until it has ended, or name another directory");

    /// <param name="scratch">The name of this run's own directory there; null if there is none yet.</param>
    private void RequireEmpty(DirectoryHandle target, string? scratch)
    {
        string[] content = [.. target.Names().Where(IsForeign).Take(MaxNamesTold)];
        if (content.Length == 0)
        {
            return;
        }

        string paths = string.Join(", ", content.Select(name => Printable.Short(target.PathOf(name))));
        throw Array.TrueForAll(content, IsLeftOver)
            ? Failed(
                $"{directory} is not empty: it holds {paths}, which a restore that was killed has left behind.",
                $"delete it (rm -r {paths.Replace(",", string.Empty, StringComparison.Ordinal)}), then run the same"
                + " command again")
            : Failed(
                $"{directory} is not empty: it holds {paths}.",
                "name an empty directory; blocks of two servers in one directory can't be told apart");

        bool IsForeign(string name) =>
            name != scratch
            && !(name == NewFileSystemsOwn && target.Find(name) is { IsDirectory: true })
            && !(name == PortableDirectory.LockName && !target.IsByDescriptor);

        bool IsLeftOver(string name) =>
            (name == ScratchName || name.StartsWith(ScratchName + "-", StringComparison.Ordinal))
            && target.Find(name) is { IsDirectory: true };
    }

    private void RequireRoom(DirectoryHandle target, long bytes)
    {
        long free = target.Space().FreeBytes;
        if (free <= bytes)
        {
            throw new OperatorException(
                ExitStatus.NoRoom,
                $"Not enough room: {ByteSize.Format(bytes)} to unpack, {ByteSize.Format(free)} free in {directory}.",
                "make room, or choose another directory");
        }
    }

    // If opening failed, nobody else can know the name.
    private static void Delete(DirectoryHandle target, string name, DirectoryHandle? scratch)
    {
        FileStatus? found = target.Find(name);
        if (found is { IsDirectory: true } && (scratch is null || found.Identity == scratch.Status.Identity))
        {
            target.DeleteDirectory(name);
        }
    }

    private void Try(DirectoryHandle target, string name, Action delete)
    {
        try
        {
            delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.WriteLine(
                $"⚠️ Not everything in {directory} could be deleted, see {target.PathOf(name)}:"
                + $" {Printable.Text(e.Message)}");
        }
    }

    private static OperatorException Failed(string problem, string remedy) => new(ClientStatus.Failed, problem, remedy);
}
