using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Fixtures.Disk;

/// <summary>
/// Records what is done below an empty directory. Writes go to open files, so they are found by comparing the files'
/// content before each other operation.
/// </summary>
internal sealed class RecordedDisk : IDisposable
{
    public const int Root = 0;

    // A disk may lose each of these parts of a write.
    private const int PartBytes = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly List<DiskOperation> _operations = [];
    private readonly Dictionary<(uint, uint, ulong), int> _nodes = [];
    private readonly Dictionary<int, (SafeFileHandle Reader, byte[] Content)> _files = [];

    public RecordedDisk(DirectoryHandle root) => _nodes.Add(root.Status.Identity, Root);

    public IReadOnlyList<DiskOperation> Operations
    {
        get
        {
            lock (_gate)
            {
                FindWrites();
                return [.. _operations];
            }
        }
    }

    /// <summary>Puts this recorder around a directory that was opened by its path, if it is recorded.</summary>
    public DirectoryHandle Watch(DirectoryHandle opened) =>
        _nodes.ContainsKey(opened.Status.Identity) ? new RecordingDirectory(opened, this) : opened;

    public int NodeOf(FileStatus status)
    {
        lock (_gate)
        {
            return _nodes[status.Identity];
        }
    }

    /// <summary>Does something to names of a directory, and records it.</summary>
    public void Change(DirectoryHandle directory, Action act, params (string Name, int? Target)[] names)
    {
        lock (_gate)
        {
            FindWrites();
            act();
            _operations.Add(new NamesChanged(_nodes[directory.Status.Identity], names));
        }
    }

    /// <summary>Creates a file or directory, and records it.</summary>
    public T Create<T>(DirectoryHandle directory, string name, Func<T> create)
    {
        lock (_gate)
        {
            FindWrites();
            T created = create();
            FileStatus status = directory.Find(name)!;
            int node = _nodes.Count;
            _nodes.Add(status.Identity, node);
            if (status.IsRegularFile)
            {
                // The descriptor keeps the number of a deleted file from being given to another one.
                _files.Add(node, (directory.OpenFile(name).SafeFileHandle, []));
            }

            _operations.Add(new NamesChanged(_nodes[directory.Status.Identity], (name, node)));
            return created;
        }
    }

    public void Flush(FileStatus status)
    {
        lock (_gate)
        {
            FindWrites();
            _operations.Add(new Flushed(_nodes[status.Identity]));
        }
    }

    public void Dispose()
    {
        foreach ((SafeFileHandle reader, _) in _files.Values)
        {
            reader.Dispose();
        }
    }

    private void FindWrites()
    {
        foreach ((int node, (SafeFileHandle reader, byte[] before)) in _files.ToArray())
        {
            byte[] now = new byte[RandomAccess.GetLength(reader)];
            Assert.Equal(now.Length, RandomAccess.Read(reader, now, fileOffset: 0));
            Assert.True(now.Length >= before.Length, "The recorder knows no operation that shortens a file.");
            for (int start = 0; start < now.Length; start += PartBytes)
            {
                byte[] part = now[start..Math.Min(start + PartBytes, now.Length)];
                if (start + part.Length > before.Length || !before.AsSpan(start, part.Length).SequenceEqual(part))
                {
                    _operations.Add(new Written(node, start, part));
                }
            }

            _files[node] = (reader, now);
        }
    }
}
