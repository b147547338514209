using System.Security.Cryptography;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives;

/// <summary>The result of reading all of a block's archive.</summary>
internal sealed record BlockVerdict
{
    /// <summary>The SHA-256 of the archive.</summary>
    public required Sha256 Sha256 { get; init; }

    /// <summary>The size of the block's files.</summary>
    public required long ContentBytes { get; init; }

    /// <summary>Why the archive is not that block's; null if it is.</summary>
    public string? Damage { get; init; }

    /// <summary>The block as the audit found it; null if it could not be read.</summary>
    public BlockReport? Audit { get; init; }

    /// <summary>Damage of the block itself, as on Prometheus' disk; empty for a sound block.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>Reads a block's archive: its SHA-256, its structure, each file of the block, and the fingerprint.</summary>
internal sealed class BlockReading : IEntryVisitor
{
    // Most files are segments, of 512 MiB each. The names of all files are kept until the end.
    private const int MaxFiles = 2 * ChunkLedger.MaxSegments;
    private const int MaxNameLetters = 1024 * 1024;

    private readonly BlockId _block;
    private readonly string? _expected;
    private readonly BlockAudit _audit;
    private readonly BlockVisitor _visitor;
    private BlockFingerprint? _fingerprint;
    private bool _isCounted;
    private int _files;
    private int _nameLetters;
    private long _bytes;

    /// <param name="block">The block that the archive must hold.</param>
    /// <param name="fingerprint">Its fingerprint; null if it is unknown.</param>
    /// <param name="sink">A second visitor that gets the entries; null for none.</param>
    /// <param name="open">Opens a file that the sink has written, to read it again; null if none can be.</param>
    public BlockReading(
        BlockId block,
        string? fingerprint,
        IEntryVisitor? sink = null,
        Func<BlockId, string, FileStream>? open = null)
    {
        (_block, _expected) = (block, fingerprint);
        _audit = new(open: open);
        _visitor = new(_audit, sink);
    }

    /// <summary>Bytes of the block's files that were read so far; may be read from any thread.</summary>
    public long ContentBytes => Interlocked.Read(ref _bytes);

    /// <summary>
    /// Whether one thread sums and unpacks, and the caller's judges. This takes memory, so it is for who reads one
    /// block at a time.
    /// </summary>
    public bool ReadsAhead { get; init; }

    /// <summary>The size of the block's files in the list; reading stops above it.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <exception cref="IOException">The archive can't be read, or the sink can't write.</exception>
    public BlockVerdict Run(Stream packed, CancellationToken token)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ReadTap tap = new(packed, hash);
        using BlockFingerprint fingerprint = new();
        _fingerprint = fingerprint;
        string? damage = null;
        try
        {
            Func<Stream, Stream>? between = ReadsAhead ? unpacked => new AheadStream(unpacked) : null;
            ArchiveReader.ReadBlock(tap, _block, this, token, between);
            _audit.Finish();
            damage = Judge(fingerprint.Finish());
        }
        catch (Exception e) when (e is InvalidDataException or ForeignArchiveException)
        {
            damage = e.Message;
        }

        // The checksum covers all bytes, sound or not.
        tap.ReadToEnd(token);
        return new()
        {
            Sha256 = Sha256.Finish(hash),
            ContentBytes = ContentBytes,
            Damage = damage,
            Audit = _audit.Blocks is [var block, ..] ? block : null,
            Problems = damage is null ? _audit.Problems : [],
        };
    }

    public void Directory(TarHeader entry, string path) => _visitor.Directory(entry, path);

    public void StartFile(TarHeader entry, string path)
    {
        long sizeBytes = entry.SizeBytes;
        if (sizeBytes > MaxBytes - ContentBytes)
        {
            throw new ForeignArchiveException($"more than the {MaxBytes} bytes that the list names");
        }

        string pathInBlock = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
        _nameLetters += pathInBlock.Length;
        if (++_files > MaxFiles || _nameLetters > MaxNameLetters)
        {
            throw new ForeignArchiveException($"more than {MaxFiles} files, or names of {MaxNameLetters} letters");
        }

        _isCounted = BlockFingerprint.CountsContent(pathInBlock);
        if (_isCounted && sizeBytes > BlockFingerprint.MaxContentBytes)
        {
            throw new ForeignArchiveException($"a {pathInBlock} of {sizeBytes} bytes");
        }

        _fingerprint!.Start(pathInBlock, sizeBytes);
        _visitor.StartFile(entry, path);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Interlocked.Add(ref _bytes, bytes.Length);
        if (_isCounted)
        {
            _fingerprint!.Append(bytes);
        }

        _visitor.Append(bytes);
    }

    public void FinishFile() => _visitor.FinishFile();

    private string? Judge(string fingerprint) =>
        _expected is null || fingerprint == _expected ? null : $"its content has the fingerprint {fingerprint}";
}
