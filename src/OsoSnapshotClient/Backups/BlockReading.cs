using System.Security.Cryptography;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Backups;

/// <summary>The result of reading all of a block's archive.</summary>
internal sealed record BlockVerdict
{
    /// <summary>The SHA-256 of the archive.</summary>
    public required string Sha256 { get; init; }

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
    // Segments have 512 MiB each: no block has so many files.
    private const int MaxFiles = 100_000;

    private readonly BlockName _name;
    private readonly BlockAudit _audit = new();
    private readonly BlockVisitor _visitor;
    private readonly List<(string Path, long SizeBytes, byte[]? Content)> _files = [];
    private MemoryStream? _content;
    private long _bytes;

    /// <param name="name">The block that the archive must hold.</param>
    /// <param name="sink">A second visitor that gets the entries; null for none.</param>
    public BlockReading(BlockName name, IEntryVisitor? sink = null)
    {
        _name = name;
        _visitor = new(_audit, sink);
    }

    /// <summary>Bytes of the block's files that were read so far; may be read from any thread.</summary>
    public long ContentBytes => Interlocked.Read(ref _bytes);

    /// <summary>The size of the block's files in the list; reading stops above it.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <exception cref="IOException">The archive can't be read, or the sink can't write.</exception>
    public BlockVerdict Run(Stream packed, CancellationToken token)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ReadTap tap = new(packed, hash);
        string? damage = null;
        try
        {
            ArchiveReader.ReadBlock(tap, _name.Ulid, this, token);
            _audit.Finish();
            damage = JudgeFingerprint();
        }
        catch (Exception e) when (e is InvalidDataException or ForeignArchiveException)
        {
            damage = e.Message;
        }

        // The checksum covers all bytes, sound or not.
        tap.ReadToEnd(token);
        return new()
        {
            Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()),
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

        if (_files.Count == MaxFiles)
        {
            throw new ForeignArchiveException($"more than {MaxFiles} files");
        }

        string pathInBlock = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
        bool isCounted = BlockFingerprint.CountsContent(pathInBlock);
        if (isCounted && sizeBytes > BlockFingerprint.MaxContentBytes)
        {
            throw new ForeignArchiveException($"a {pathInBlock} of {sizeBytes} bytes");
        }

        _content = isCounted ? new MemoryStream() : null;
        _files.Add((pathInBlock, sizeBytes, null));
        _visitor.StartFile(entry, path);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Interlocked.Add(ref _bytes, bytes.Length);
        _content?.Write(bytes);
        _visitor.Append(bytes);
    }

    public void FinishFile()
    {
        _visitor.FinishFile();
        if (_content is { } content)
        {
            _files[^1] = _files[^1] with { Content = content.ToArray() };
            _content = null;
        }
    }

    private string? JudgeFingerprint()
    {
        string found = BlockFingerprint.Of(_files);
        return found == _name.Fingerprint ? null : $"its content has the fingerprint {found}";
    }
}
