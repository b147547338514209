using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives;

/// <summary>The archive holds something unexpected, or a name that would leave the directory.</summary>
internal sealed class ForeignArchiveException(string entry)
    : FormatException($"it holds {(entry.Length > 100 ? entry[..100] + "…" : entry)}");

/// <summary>Reads an archive once, from its start to its end.</summary>
internal static class ArchiveReader
{
    private const int BufferBytes = 512 * 1024;
    private const string Root = "snapshots";
    private const string Chunks = "chunks";

    /// <summary>Reads an archive of one snapshot. The visitor's paths lack <c>snapshots/NAME/</c>.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged or no archive.</exception>
    /// <exception cref="ForeignArchiveException">The archive is not of one snapshot.</exception>
    public static void ReadSnapshot(Stream packed, IEntryVisitor visitor, CancellationToken token)
    {
        string? snapshot = null;
        EntryLimit limit = new();
        WalkPacked(packed, PathBelowSnapshot, visitor, token);

        string PathBelowSnapshot(TarHeader entry)
        {
            string[] parts = Parts(entry);
            if (parts.Length > 1 && parts[0] == Root && parts[1] != (snapshot ??= parts[1]))
            {
                throw new ForeignArchiveException($"{Root}/{parts[1]} beside {Root}/{snapshot}");
            }

            return parts[0] == Root && IsOfBlocks(parts.AsSpan(Math.Min(2, parts.Length)), entry.Kind)
                ? limit.Count(string.Join('/', parts.Skip(2)))
                : throw new ForeignArchiveException(entry.Name);
        }
    }

    /// <summary>Reads an archive of one block. The visitor's paths begin with the block's name.</summary>
    /// <inheritdoc cref="ReadAny" path="/param"/>
    /// <exception cref="InvalidDataException">The archive is damaged or no archive.</exception>
    /// <exception cref="ForeignArchiveException">The archive is not of this block.</exception>
    public static void ReadBlock(
        Stream packed,
        BlockId block,
        IEntryVisitor visitor,
        CancellationToken token,
        Func<Stream, Stream>? between = null)
    {
        EntryLimit limit = new();
        WalkPacked(packed, PathInBlock, visitor, token, between);

        string PathInBlock(TarHeader entry)
        {
            string[] parts = Parts(entry);
            return parts[0] == block.Text && IsOfBlocks(parts, entry.Kind)
                ? limit.Count(string.Join('/', parts))
                : throw new ForeignArchiveException(entry.Name);
        }
    }

    /// <summary>
    /// Reads an archive whatever its names are: it is compared with the snapshot, or with its checksum, and not
    /// unpacked. The visitor's paths lack the first two names.
    /// </summary>
    /// <param name="between">Makes the stream that is read of the unpacked one, such as
    /// <see cref="AheadStream"/>; null for none.</param>
    /// <exception cref="InvalidDataException">The archive is damaged or no archive.</exception>
    public static void ReadAny(
        Stream packed, IEntryVisitor visitor, CancellationToken token, Func<Stream, Stream>? between = null) =>
        WalkPacked(packed, entry => entry.Name.Split('/', 3)[^1].TrimEnd('/'), visitor, token, between);

    private static void WalkPacked(
        Stream packed,
        Func<TarHeader, string> pathOf,
        IEntryVisitor visitor,
        CancellationToken token,
        Func<Stream, Stream>? between = null)
    {
        using Stream gzip = GzipEngines.Open(packed);
        using Stream? ahead = between?.Invoke(gzip);
        Walk(ahead ?? gzip, pathOf, visitor, token);
    }

    private static void Walk(
        Stream unpacked, Func<TarHeader, string> pathOf, IEntryVisitor visitor, CancellationToken token)
    {
        TarReader tar = new(unpacked);
        byte[] buffer = new byte[BufferBytes];
        while (tar.Next() is { } entry)
        {
            token.ThrowIfCancellationRequested();
            string path = pathOf(entry);
            if (entry.Kind != TarEntryKind.File)
            {
                visitor.Directory(entry, path);
                continue;
            }

            visitor.StartFile(entry, path);
            int count;
            while ((count = tar.Read(buffer)) > 0)
            {
                token.ThrowIfCancellationRequested();
                visitor.Append(buffer.AsSpan(0, count));
            }

            visitor.FinishFile();
        }
    }

    // The names that Prometheus gives: prometheus/tsdb/block.go, Snapshot. It links every file of the directory chunks,
    // also one that it ignores, such as .nfs….
    private static bool IsOfBlocks(ReadOnlySpan<string> path, TarEntryKind kind) => path switch
    {
        [] => kind == TarEntryKind.Directory,
        [var block, ..] when !BlockId.TryParse(block, out _) => false,
        [_] or [_, Chunks] => kind == TarEntryKind.Directory,
        [_, BlockMeta.FileName or IndexCheck.FileName or TombstonesCheck.FileName] => kind == TarEntryKind.File,
        [_, Chunks, _] => kind == TarEntryKind.File,
        _ => false,
    };

    // Each part must be a plain name on every operating system.
    private static string[] Parts(TarHeader entry)
    {
        string name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        string[] parts = name.TrimEnd('/').Split('/');
        return entry.Kind != TarEntryKind.Other && Array.TrueForAll(parts, IsName)
            ? parts
            : throw new ForeignArchiveException(entry.Name);
    }

    private static bool IsName(string part) =>
        part is not ("" or "." or "..") && part.AsSpan().IndexOfAny("\\:") < 0 && !part.Any(char.IsControl);

    /// <summary>Bounds what unpacking can make. A block of 512 MiB for each segment has fewer files.</summary>
    private sealed class EntryLimit
    {
        private const int MaxEntries = 100_000;

        private string _directory = string.Empty;
        private int _count;

        /// <returns>The same path.</returns>
        /// <exception cref="ForeignArchiveException">There are too many entries.</exception>
        public string Count(string path)
        {
            // A file makes its directory, which may have no entry of its own.
            string directory = path[..Math.Max(0, path.LastIndexOf('/'))];
            _count += directory == _directory ? 1 : 2;
            _directory = directory;
            return _count <= MaxEntries
                ? path
                : throw new ForeignArchiveException($"more than {MaxEntries} files and directories");
        }
    }
}
