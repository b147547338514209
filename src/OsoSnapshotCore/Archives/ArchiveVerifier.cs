using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives;

/// <summary>
/// Reads an archive back with other code than wrote it (TarReader, not SharpZipLib; inflate, not deflate). It checks
/// every block, and compares every entry with what was read from the snapshot.
/// </summary>
internal static class ArchiveVerifier
{
    private const int BufferBytes = 512 * 1024;
    private const string Remedy = "Run again. If this happens twice, the volume loses data: check its health.";

    /// <param name="archive">The bytes of the gzip file. The file may still be growing.</param>
    /// <param name="written">The entries that it must hold, in this order; null if they are not known.</param>
    /// <param name="finished">Called with each block after the whole block was read.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>: the archive can't be read, or
    /// differs.</exception>
    public static BlockAudit Verify(
        Stream archive,
        IEnumerable<ArchivedEntry>? written,
        CancellationToken token,
        Action<BlockReport>? finished = null)
    {
        try
        {
            BlockAudit audit = new(finished);
            ReadEntries(archive, written, audit, token);
            audit.Finish();
            return audit;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"The archive can't be read back: {e.Message}",
                Remedy,
                e);
        }
    }

    /// <summary>Compares the checksums of the whole file, because gzip's own checksum leaves out the header.</summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>.</exception>
    public static void CompareFile(uint writtenCrc, uint readCrc)
    {
        if (writtenCrc != readCrc)
        {
            throw Differs($"its checksum is {readCrc:x8}, but {writtenCrc:x8} was written");
        }
    }

    private static void ReadEntries(
        Stream archive,
        IEnumerable<ArchivedEntry>? written,
        BlockAudit audit,
        CancellationToken token)
    {
        using Stream gzip = GzipEngines.Open(archive);
        TarReader tar = new(gzip);
        using IEnumerator<ArchivedEntry>? expected = written?.GetEnumerator();
        byte[] buffer = new byte[BufferBytes];
        while (tar.Next() is { } entry)
        {
            token.ThrowIfCancellationRequested();
            ArchivedEntry found = Read(tar, entry, audit, buffer, token);
            if (expected is not null)
            {
                Compare(found, expected.MoveNext() ? expected.Current : null);
            }
        }

        if (expected?.MoveNext() == true)
        {
            throw Differs($"it ends before {expected.Current.Name}");
        }
    }

    private static ArchivedEntry Read(
        TarReader tar,
        TarHeader entry,
        BlockAudit audit,
        byte[] buffer,
        CancellationToken token)
    {
        // snapshots/NAME/ULID/…
        string[] parts = entry.Name.Split('/', 3);
        Crc32C crc = Crc32C.Start();
        if (entry.Kind == TarEntryKind.File)
        {
            audit.StartFile(parts[^1]);
            int count;
            while ((count = tar.Read(buffer)) > 0)
            {
                token.ThrowIfCancellationRequested();
                crc.Append(buffer.AsSpan(0, count));
                audit.Append(buffer.AsSpan(0, count));
            }

            audit.FinishFile();
        }
        else if (entry.Kind == TarEntryKind.Directory && BlockId.TryParse(parts[^1].TrimEnd('/'), out BlockId id))
        {
            audit.StartBlock(id);
        }

        return new(entry.Name, entry.SizeBytes, crc.Value);
    }

    private static void Compare(ArchivedEntry found, ArchivedEntry? written)
    {
        if (found != written)
        {
            throw Differs(written is { } expected && expected.Name == found.Name
                ? $"{found.Name} has {found.SizeBytes} bytes with checksum {found.Crc32C:x8}, but {expected.SizeBytes}"
                    + $" bytes with {expected.Crc32C:x8} were read from the snapshot"
                : $"it holds {found.Name} where {written?.Name ?? "its end"} should be");
        }
    }

    private static OperatorException Differs(string how) =>
        new(ExitStatus.ArchiveFailed, $"The archive is not what was written: {how}.", Remedy);
}
