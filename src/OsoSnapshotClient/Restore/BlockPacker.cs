using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Restore;

/// <summary>Makes an archive of each wanted block, while the files of blocks pass by in their order.</summary>
internal sealed class BlockPacker(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token)
    : IEntryVisitor, IDisposable
{
    // A network is slower than one worker.
    private const int Workers = 1;
    private const int FastestLevel = 1;
    private const int OwnerWrites = 0x1A4;

    private string _block = string.Empty;
    private GzipPipeline? _gzip;
    private TarEntryWriter? _tar;

    public void Directory(TarHeader entry, string path)
    {
        // The reader makes the directories of files.
    }

    public void StartFile(TarHeader entry, string path) => StartFile(path, entry.SizeBytes);

    /// <param name="path">A path such as <c>ULID/chunks/000001</c>.</param>
    public void StartFile(string path, long sizeBytes)
    {
        string block = path[..path.IndexOf('/', StringComparison.Ordinal)];
        if (block != _block)
        {
            Finish();
            _block = block;
            if (wanted.Contains(block) && BlockId.TryParse(block, out BlockId id))
            {
                _gzip = new(sink.Begin(id), GzipEngines.Choose(FastestLevel), Workers, token);
                _tar = new(_gzip);
            }
        }

        _tar?.Start(new()
        {
            Name = path,
            IsDirectory = false,
            SizeBytes = sizeBytes,
            Permissions = OwnerWrites,
            ModifiedAt = DateTimeOffset.UnixEpoch,
            UserId = 0,
            GroupId = 0,
            UserName = null,
            GroupName = null,
        });
    }

    public void Append(ReadOnlySpan<byte> bytes) => _tar?.Write(bytes);

    public void FinishFile() => _tar?.Finish();

    /// <summary>Ends the last block.</summary>
    public void Finish()
    {
        if (_gzip is not null)
        {
            _tar!.Dispose();
            _tar = null;
            _gzip.Complete();
            Dispose();
            sink.Finish();
        }
    }

    public void Dispose()
    {
        // What an interrupted block still writes goes nowhere.
        _tar?.Dispose();
        _gzip?.Dispose();
        (_gzip, _tar) = (null, null);
    }
}
