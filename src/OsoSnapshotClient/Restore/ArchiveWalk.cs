using OsoSnapshot.Formats.Gzip;
using OsoSnapshot.Formats.Tar;

namespace OsoSnapshotClient.Restore;

/// <summary>Sees the entries of an archive of one snapshot; paths are relative to the snapshot's directory.</summary>
internal interface IEntryVisitor
{
    void Directory(string path);

    void StartFile(string path, long sizeBytes);

    void Append(ReadOnlySpan<byte> bytes);

    void FinishFile();
}

/// <summary>The archive holds something else than one snapshot, or a name that would leave the directory.</summary>
internal sealed class ForeignArchiveException(string entry)
    : Exception($"it holds {(entry.Length > 100 ? entry[..100] + "…" : entry)}");

/// <summary>Reads an archive from its start to its end.</summary>
internal static class ArchiveWalk
{
    private const int BufferBytes = 512 * 1024;
    private const string Root = "snapshots";

    /// <exception cref="InvalidDataException">It is damaged or no archive.</exception>
    /// <exception cref="ForeignArchiveException">It is not of one snapshot.</exception>
    public static void Run(Stream packed, IEntryVisitor visitor, CancellationToken token)
    {
        using Stream gzip = GzipEngines.Open(packed);
        TarReader tar = new(gzip);
        byte[] buffer = new byte[BufferBytes];
        string? snapshot = null;
        while (tar.Next() is { } entry)
        {
            token.ThrowIfCancellationRequested();
            string[] parts = Parts(entry);
            if (parts.Length > 1 && parts[1] != (snapshot ??= parts[1]))
            {
                throw new ForeignArchiveException($"{Root}/{parts[1]} beside {Root}/{snapshot}");
            }

            string path = string.Join('/', parts.Skip(2));
            if (entry.Kind == TarEntryKind.Directory)
            {
                if (path.Length > 0)
                {
                    visitor.Directory(path);
                }

                continue;
            }

            if (path.Length == 0)
            {
                throw new ForeignArchiveException(entry.Name);
            }

            visitor.StartFile(path, entry.SizeBytes);
            int count;
            while ((count = tar.Read(buffer)) > 0)
            {
                token.ThrowIfCancellationRequested();
                visitor.Append(buffer.AsSpan(0, count));
            }

            visitor.FinishFile();
        }
    }

    // "snapshots/NAME/…": every part must be one that no system takes for anything but a name.
    private static string[] Parts(TarHeader entry)
    {
        string name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        string[] parts = name.TrimEnd('/').Split('/');
        return parts[0] == Root && entry.Kind != TarEntryKind.Other && Array.TrueForAll(parts, IsName)
            ? parts
            : throw new ForeignArchiveException(entry.Name);
    }

    private static bool IsName(string part) =>
        part is not ("" or "." or "..") && part.AsSpan().IndexOfAny("\\:") < 0 && !part.Any(char.IsControl);
}
