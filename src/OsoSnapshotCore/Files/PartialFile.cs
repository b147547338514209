using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotCore.Files;

/// <summary>
/// A file that gets its final name when it is complete, checked and on the disk. Dispose deletes it if it has not got
/// that name.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private readonly DirectoryHandle _directory;
    private readonly string _partialName;
    private readonly string _finalName;
    private bool _isRenamed;

    private PartialFile(DirectoryHandle directory, string partialName, string finalName, UnixFileMode mode)
    {
        (_directory, _partialName, _finalName) = (directory, partialName, finalName);
        Stream = new FileStream(directory.CreateFile(partialName, mode), FileAccess.ReadWrite, bufferSize: 0);
    }

    /// <summary>Writes the file, and reads it back from the same descriptor.</summary>
    public FileStream Stream { get; }

    /// <exception cref="IOException">The partial file exists already, or can't be created.</exception>
    public static PartialFile Create(
        DirectoryHandle directory,
        string partialName,
        string finalName,
        UnixFileMode mode = DirectoryHandle.ModeByUmask) => new(directory, partialName, finalName, mode);

    /// <summary>Flushes the file, renames it, and flushes the directory.</summary>
    /// <exception cref="IOException">The rename failed. An earlier file of that name is unchanged.</exception>
    /// <exception cref="NotDurableException">The file has its final name and stays.</exception>
    public void Commit()
    {
        SafeFileHandle file = Stream.SafeFileHandle;
        _directory.Flush(file, _partialName);
        FileStatus written = _directory.StatusOf(file, _partialName);
        if (_directory.Find(_partialName)?.Identity != written.Identity)
        {
            throw new IOException(
                $"{_directory.PathOf(_partialName)} was replaced by another process while it was written");
        }

        Stream.Dispose();
        _directory.Rename(_partialName, _finalName);
        _isRenamed = true;
        try
        {
            _directory.Flush();
        }
        catch (IOException e)
        {
            throw new NotDurableException(e.Message, e);
        }
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_isRenamed && _directory.Find(_partialName) is not null)
        {
            _directory.DeleteFile(_partialName);
        }
    }
}

/// <summary>The file is complete under its final name, but a power cut may lose the name.</summary>
internal sealed class NotDurableException(string message, Exception inner) : IOException(message, inner);
