using System.Text;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Store;

/// <summary>
/// The partial archive of a block. One process at a time may write it; later runs continue it.
/// </summary>
internal sealed class BlockPart : IBlockPart
{
    /// <summary>The end of the name of the file beside a part that names the engine which made its bytes.</summary>
    public const string EngineExtension = SmallFile.PartExtension + ".engine";

    private const int MaxEngineBytes = 1024;
    private const string Remedy = "check the directory, then run the same command again to continue";
    private readonly DirectoryHandle _blocks;
    private readonly string _archive;
    private readonly PartFile _part;
    private readonly FileLock _lock;

    private BlockPart(DirectoryHandle blocks, string archive, SafeFileHandle file, FileLock @lock)
    {
        (_blocks, _archive, _lock) = (blocks, archive, @lock);
        _part = new(file, blocks.PathOf(PartName), Remedy);
    }

    public long DoneBytes => _part.DoneBytes;

    private string PartName => _archive + SmallFile.PartExtension;

    private string EngineName => _archive + EngineExtension;

    /// <returns>null while another client writes the part.</returns>
    /// <exception cref="OperatorException">The part can't be written, or is none of this program's files.</exception>
    public static BlockPart? TryOpen(DirectoryHandle blocks, BlockName block)
    {
        string part = block.FileName + SmallFile.PartExtension;
        try
        {
            if (BackupEntry.FindFileToChange(blocks, part) is null)
            {
                BackupEntry.CreateMissingFile(blocks, part, DirectoryHandle.OwnerOnly);
            }

            SafeFileHandle file = blocks.OpenToChange(part);
            return FileLock.TryTake(file, isShared: false) is { } taken
                ? new(blocks, block.FileName, file, taken)
                : null;
        }
        catch (FileNotFoundException)
        {
            // Another client has completed the part meanwhile.
            return null;
        }
        catch (IOException e) when (FileLock.IsHeld(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalDisk.CanNotWrite(blocks.PathOf(part), e, Remedy);
        }
    }

    public bool Begin(string? engine)
    {
        byte[]? told = DoneBytes > 0 ? BackupEntry.Read(_blocks, EngineName, MaxEngineBytes) : null;
        string? earlier = told is null ? null : Encoding.UTF8.GetString(told);
        bool isSame = earlier is null || engine is null || earlier == engine;
        if (!isSame)
        {
            Restart();
        }

        if (engine is not null && (earlier != engine || !isSame))
        {
            BackupEntry.FindFile(_blocks, EngineName);
            SmallFile.Write(_blocks, EngineName, Encoding.UTF8.GetBytes(engine));
        }

        return isSame;
    }

    public void Restart() => _part.Restart();

    public void Write(ReadOnlySpan<byte> bytes) => _part.Write(bytes);

    public Stream Follow() => _part.Follow();

    public void Complete() => _part.Complete();

    /// <exception cref="OperatorException">The file can't be flushed or renamed.</exception>
    public bool Publish()
    {
        try
        {
            _blocks.Flush(_part.Handle, PartName);
            if (_blocks.Find(PartName)?.Identity != _blocks.StatusOf(_part.Handle, PartName).Identity)
            {
                throw new IOException("another process has replaced it");
            }

            if (OperatingSystem.IsWindows())
            {
                // Windows can't rename an open file.
                _lock.Dispose();
            }

            _blocks.Move(PartName, _blocks, _archive);
            _blocks.Flush();
            if (BackupEntry.FindFile(_blocks, EngineName) is not null)
            {
                _blocks.DeleteFile(EngineName);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalDisk.CanNotWrite(_blocks.PathOf(PartName), e, Remedy);
        }
    }

    public void Dispose()
    {
        _part.Dispose();
        _lock.Dispose();
    }
}
