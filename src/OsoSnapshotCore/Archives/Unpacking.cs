using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotCore.Archives;

/// <summary>
/// Writes the blocks of an archive into a private directory, then moves them into the target. Only what it made itself
/// is given away, moved or deleted.
/// </summary>
/// <param name="scratch">An empty directory that nobody else may enter.</param>
/// <param name="requireRoom">Throws if the disk has less room than these bytes.</param>
internal sealed class Unpacking(DirectoryHandle scratch, FileOwner? owner, Action<long> requireRoom)
    : IEntryVisitor, IDisposable
{
    private readonly List<MadeDirectory> _made = [];
    private readonly Dictionary<string, MadeDirectory> _byPath = new(StringComparer.Ordinal);
    private readonly HashSet<string> _moved = new(StringComparer.Ordinal);
    private OpenFile? _file;

    /// <summary>The first file that was not written, because Prometheus ignores it; null if there is none.</summary>
    public string? LeftOut { get; private set; }

    public void Directory(TarHeader entry, string path)
    {
        // A directory is made for its first file, so that an archive of directories makes none.
    }

    public void StartFile(TarHeader entry, string path)
    {
        string pathInBlock = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (pathInBlock.StartsWith(ChunkSegmentCheck.Directory, StringComparison.Ordinal)
            && ChunkSegmentCheck.NumberOf(pathInBlock) is null)
        {
            LeftOut ??= path;
            return;
        }

        requireRoom(entry.SizeBytes);
        int slash = path.LastIndexOf('/');
        MadeDirectory made = Make(path[..slash]);
        DirectoryHandle directory = scratch.OpenDirectory(made.Path);
        try
        {
            _file = new(made, directory, path[(slash + 1)..]);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public void Append(ReadOnlySpan<byte> bytes) => _file?.Write(bytes);

    public void FinishFile()
    {
        _file?.Finish(owner);
        Dispose();
    }

    /// <summary>Moves the blocks into the target, where they replace nothing.</summary>
    /// <exception cref="IOException">A name is taken there, or a block can't be flushed or moved.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not give files away.</exception>
    public void MoveTo(DirectoryHandle target)
    {
        // Nobody can swap anything before it is given away, because nobody else may enter the directory above.
        foreach (MadeDirectory made in Enumerable.Reverse(_made))
        {
            using DirectoryHandle directory = scratch.OpenDirectory(made.Path);
            if (owner is not null)
            {
                directory.GiveTo(owner.User, owner.Group);
            }

            directory.Flush();
        }

        scratch.Flush();
        foreach (MadeDirectory block in _made.Where(made => made.Path == made.Block))
        {
            scratch.Move(block.Path, target, block.Path);
            _moved.Add(block.Path);
        }
    }

    /// <exception cref="IOException">The target does not hold what was written.</exception>
    public void Compare(DirectoryHandle target) => _made.ForEach(made => made.RequireIn(target));

    /// <summary>Deletes what was made, wherever it lies now.</summary>
    /// <inheritdoc cref="MadeDirectory.DeleteFrom" path="/exception"/>
    public void Undo(DirectoryHandle target)
    {
        Dispose();
        foreach (MadeDirectory made in Enumerable.Reverse(_made))
        {
            made.DeleteFrom(_moved.Contains(made.Block) ? target : scratch);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private MadeDirectory Make(string path)
    {
        if (_byPath.TryGetValue(path, out MadeDirectory? made))
        {
            return made;
        }

        int slash = path.LastIndexOf('/');
        string name = path[(slash + 1)..];
        MadeDirectory? above = slash < 0 ? null : Make(path[..slash]);
        using DirectoryHandle parent = above is null ? scratch.Reopen() : scratch.OpenDirectory(above.Path);
        using DirectoryHandle directory = parent.CreateDirectory(name);
        made = new(path, directory.Status);
        above?.Set(name, directory.Status);
        _made.Add(made);
        _byPath.Add(path, made);
        return made;
    }

    private sealed class OpenFile : IDisposable
    {
        private readonly MadeDirectory _made;
        private readonly DirectoryHandle _directory;
        private readonly string _name;
        private readonly SafeFileHandle _file;
        private long _length;

        public OpenFile(MadeDirectory made, DirectoryHandle directory, string name)
        {
            (_made, _directory, _name, _file) = (made, directory, name, directory.CreateFile(name));
            Note();
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(_file, bytes, _length);
            _length += bytes.Length;
        }

        public void Finish(FileOwner? owner)
        {
            if (owner is not null)
            {
                _directory.Give(_file, _name, owner.User, owner.Group);
            }

            _directory.Flush(_file, _name);
            Note();
        }

        public void Dispose()
        {
            _file.Dispose();
            _directory.Dispose();
        }

        private void Note() => _made.Set(_name, _directory.StatusOf(_file, _name));
    }
}
