namespace OsoSnapshotClient.Restore;

/// <summary>Writes the entries of an archive below a new directory.</summary>
internal sealed class Unpacking(string directory) : IEntryVisitor, IDisposable
{
    private FileStream? _file;

    public void Directory(string path) => System.IO.Directory.CreateDirectory(PathOf(path));

    public void StartFile(string path, long sizeBytes)
    {
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
