using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Archive;

/// <summary>A file that has its final name only once it is whole, checked and on the disk. Disposed before that, it is deleted.</summary>
internal sealed class PartialFile : IDisposable
{
    private readonly string _finalPath;
    private bool _committed;

    private PartialFile(string partialPath, string finalPath)
    {
        _finalPath = finalPath;

        // CreateNew (O_EXCL) follows no symbolic link that lies in wait under this name.
        Stream = new FileStream(partialPath, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    public FileStream Stream { get; }

    public string Path => Stream.Name;

    /// <exception cref="IOException">The partial file exists already, or can't be created.</exception>
    public static PartialFile Create(string partialPath, string finalPath) => new(partialPath, finalPath);

    /// <summary>fsync(2), rename(2), and fsync of the directory.</summary>
    public void Commit()
    {
        Durable.Flush(Stream);
        Stream.Dispose();
        File.Move(Path, _finalPath, overwrite: true);
        try
        {
            Durable.FlushDirectory(System.IO.Path.GetDirectoryName(_finalPath)!);
        }
        catch (IOException)
        {
            // A disk that fails now may not hold what it took before.
            File.Delete(_finalPath);
            throw;
        }

        _committed = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_committed)
        {
            File.Delete(Path);
        }
    }
}
