using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Restore;

/// <summary>The blocks of an archive, which is read whole and checked before any is sent.</summary>
internal sealed class ArchiveBlocks : IBlockSource
{
    private readonly FileStream _file;

    private ArchiveBlocks(string path, FileStream file, IReadOnlyList<OfferedBlock> blocks) =>
        (Name, _file, Blocks) = (path, file, blocks);

    public string Name { get; }

    public string? PrometheusVersion => null;

    public IReadOnlyList<OfferedBlock> Blocks { get; }

    /// <param name="say">Gets the result of the check.</param>
    /// <exception cref="OperatorException">The archive is damaged or no archive.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static ArchiveBlocks Open(string path, Action<string> say, CancellationToken token)
    {
        FileStream file = RegularFile.Open(path);
        try
        {
            Describer describer = new();
            BlockAudit audit = new CheckedArchive(file, path, say).Read(describer, token);
            describer.Finish();
            return new(path, file, [.. audit.Blocks.Select(block =>
                OfferedBlocks.Of(block.Id, new(block.Meta, describer.Fingerprints[block.Id.Text], block.SizeBytes))!)]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token)
    {
        _file.Position = 0;
        using BlockPacker packer = new(wanted, sink, token);
        ArchiveReader.ReadSnapshot(_file, packer, token);
        packer.Finish();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Computes the fingerprint of each block that passes by.</summary>
    private sealed class Describer : IEntryVisitor
    {
        private BlockFingerprint? _fingerprint;
        private string _block = string.Empty;
        private bool _isCounted;

        public Dictionary<string, string> Fingerprints { get; } = new(StringComparer.Ordinal);

        public void Directory(TarHeader entry, string path)
        {
            // A block without files has no fingerprint, and is damaged.
        }

        public void StartFile(TarHeader entry, string path)
        {
            int slash = path.IndexOf('/', StringComparison.Ordinal);
            if (path[..slash] != _block)
            {
                Finish();
                (_block, _fingerprint) = (path[..slash], new());
            }

            _isCounted = BlockFingerprint.CountsContent(path[(slash + 1)..])
                && entry.SizeBytes <= BlockFingerprint.MaxContentBytes;
            _fingerprint!.Start(path[(slash + 1)..], entry.SizeBytes);
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (_isCounted)
            {
                _fingerprint!.Append(bytes);
            }
        }

        public void FinishFile()
        {
            // The next file or the end decides.
        }

        public void Finish()
        {
            if (_fingerprint is not null)
            {
                Fingerprints[_block] = _fingerprint.Finish();
                _fingerprint.Dispose();
                _fingerprint = null;
            }
        }
    }
}
