using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Tar;

namespace OsoSnapshotClient.Restore;

/// <summary>Writes the entries of an archive below a new directory.</summary>
/// <param name="requireRoom">Throws if the disk has less room than these bytes; null to find it out by writing.</param>
internal sealed class Unpacking(string directory, Action<long>? requireRoom = null) : IEntryVisitor, IDisposable
{
    private FileStream? _file;

    public void Directory(TarHeader entry, string path)
    {
        // A directory is made for its first file, so that an archive of directories makes none.
    }

    public void StartFile(TarHeader entry, string path)
    {
        requireRoom?.Invoke(entry.SizeBytes);
        string file = PathOf(path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        _file = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
    }

    public void Append(ReadOnlySpan<byte> bytes) => _file!.Write(bytes);

    public void FinishFile() => Dispose();

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private string PathOf(string path) => Path.Combine([directory, .. path.Split('/')]);
}
