using Microsoft.Win32.SafeHandles;
using OsoSnapshotClient.Copy;
using OsoSnapshotCore;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Backups;

/// <summary>
/// The partial archive of a block. One process at a time may write it; later runs continue it.
/// </summary>
internal sealed class BlockPart : IDisposable
{
    private const string Remedy = "check the directory, then run the same command again to continue";
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private WrittenBytes _written = new();

    private BlockPart(string path, SafeFileHandle file) =>
        (_path, _file, Length) = (path, file, RandomAccess.GetLength(file));

    /// <summary>The number of bytes so far.</summary>
    public long Length { get; private set; }

    private string EngineFile => EngineOf(_path);

    /// <summary>The file beside a part that names the engine which made its bytes.</summary>
    public static string EngineOf(string part) => part + ".engine";

    /// <param name="path">The path of the complete archive.</param>
    /// <returns>null while another client writes the part.</returns>
    /// <exception cref="OperatorException">The part can't be written.</exception>
    public static BlockPart? TryOpen(string path)
    {
        string part = path + DurableFile.PartExtension;
        try
        {
            BackupDirectory.RefuseLink(part);
            return new(part, File.OpenHandle(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (DirectoryLock.IsHeld(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalDisk.CanNotWrite(part, e, Remedy);
        }
    }

    /// <summary>Prepares the part for its next byte: bytes of two engines are never joined.</summary>
    /// <param name="engine">The engine of the next bytes; null if the agent has not reported it.</param>
    /// <returns>False if bytes of another engine were dropped.</returns>
    public bool Begin(string? engine)
    {
        string? earlier = Length > 0 && File.Exists(EngineFile) ? File.ReadAllText(EngineFile) : null;
        bool isSame = earlier is null || engine is null || earlier == engine;
        if (!isSame)
        {
            Restart();
        }

        if (engine is not null)
        {
            BackupDirectory.RefuseLink(EngineFile);
            File.WriteAllText(EngineFile, engine);
        }

        return isSame;
    }

    public void Restart()
    {
        RandomAccess.SetLength(_file, 0);
        Length = 0;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        LocalDisk.Write(_file, _path, Length, bytes, Remedy);

        Length += bytes.Length;
        _written.Advance(bytes.Length);
    }

    /// <summary>Reads all bytes as they arrive, until <see cref="Complete"/>; one reader at a time.</summary>
    public Stream Follow()
    {
        _written = new();
        _written.Advance(Length);
        return new GrowingFile(_file, _written);
    }

    /// <summary>Ends the stream of <see cref="Follow"/>.</summary>
    public void Complete() => _written.Complete();

    /// <summary>Gives the complete archive its final name.</summary>
    /// <exception cref="OperatorException">The file can't be flushed or renamed.</exception>
    public void Publish()
    {
        string path = _path[..^DurableFile.PartExtension.Length];
        try
        {
            Durable.Flush(_file, _path);
            if (OperatingSystem.IsWindows())
            {
                // Windows can't rename an open file.
                _file.Dispose();
            }

            File.Move(_path, path, overwrite: true);
            Durable.FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.Delete(EngineFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalDisk.CanNotWrite(_path, e, Remedy);
        }
    }

    public void Dispose()
    {
        Complete();
        _file.Dispose();
    }
}
