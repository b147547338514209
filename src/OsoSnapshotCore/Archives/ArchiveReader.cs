using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotCore.Archives;

/// <summary>The archive holds something unexpected, or a name that would leave the directory.</summary>
internal sealed class ForeignArchiveException(string entry)
    : FormatException($"it holds {(entry.Length > 100 ? entry[..100] + "…" : entry)}");

/// <summary>Reads an archive once, from its start to its end.</summary>
internal static class ArchiveReader
{
    private const int BufferBytes = 512 * 1024;
    private const string Root = "snapshots";

    /// <summary>Reads an archive of one snapshot. The visitor's paths lack <c>snapshots/NAME/</c>.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged or no archive.</exception>
    /// <exception cref="ForeignArchiveException">The archive is not of one snapshot.</exception>
    public static void ReadSnapshot(Stream packed, IEntryVisitor visitor, CancellationToken token)
    {
        string? snapshot = null;
        Walk(packed, PathBelowSnapshot, visitor, token);

        string PathBelowSnapshot(TarHeader entry)
        {
            string[] parts = Parts(entry);
            if (parts[0] != Root)
            {
                throw new ForeignArchiveException(entry.Name);
            }

            if (parts.Length > 1 && parts[1] != (snapshot ??= parts[1]))
            {
                throw new ForeignArchiveException($"{Root}/{parts[1]} beside {Root}/{snapshot}");
            }

            return parts.Length > 2 || entry.Kind == TarEntryKind.Directory
                ? string.Join('/', parts.Skip(2))
                : throw new ForeignArchiveException(entry.Name);
        }
    }

    /// <summary>Reads an archive of one block. The visitor's paths begin with the block's name.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged or no archive.</exception>
    /// <exception cref="ForeignArchiveException">The archive is not of this block.</exception>
    public static void ReadBlock(Stream packed, BlockId block, IEntryVisitor visitor, CancellationToken token)
    {
        Walk(packed, PathInBlock, visitor, token);

        string PathInBlock(TarHeader entry)
        {
            string[] parts = Parts(entry);
            return parts[0] == block.Text && (parts.Length > 1 || entry.Kind == TarEntryKind.Directory)
                ? string.Join('/', parts)
                : throw new ForeignArchiveException(entry.Name);
        }
    }

    /// <summary>
    /// Reads an archive whatever its names are: it is compared with the snapshot, or with its checksum, and not
    /// unpacked. The visitor's paths lack the first two names.
    /// </summary>
    /// <exception cref="InvalidDataException">The archive is damaged or no archive.</exception>
    public static void ReadAny(Stream packed, IEntryVisitor visitor, CancellationToken token) =>
        Walk(packed, entry => entry.Name.Split('/', 3)[^1].TrimEnd('/'), visitor, token);

    private static void Walk(
        Stream packed, Func<TarHeader, string> pathOf, IEntryVisitor visitor, CancellationToken token)
    {
        using Stream gzip = GzipEngines.Open(packed);
        TarReader tar = new(gzip);
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
}
