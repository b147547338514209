using OsoSnapshotCore.Blocks;

namespace OsoSnapshotCore.Archives;

/// <summary>
/// Reads an archive back with other code than wrote it (TarReader, not SharpZipLib; inflate, not deflate). It checks
/// every block, and compares every entry with what was read from the snapshot.
/// </summary>
internal static class ArchiveVerifier
{
    private const string Remedy = "Run again. If this happens twice, the volume loses data: check its health.";

    /// <param name="archive">The bytes of the gzip file. The file may still be growing.</param>
    /// <param name="written">The entries that it must hold, in this order; null if they are not known.</param>
    /// <param name="between">That of <see cref="ArchiveReader.ReadAny"/>.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>: the archive can't be read, or
    /// differs.</exception>
    public static BlockAudit Verify(
        Stream archive,
        IEnumerable<ArchivedEntry>? written,
        CancellationToken token,
        Func<Stream, Stream>? between = null)
    {
        try
        {
            BlockAudit audit = new();
            using EntryComparison? comparison = written is null ? null : new(written);
            ArchiveReader.ReadAny(archive, new BlockVisitor(audit, comparison), token, between);
            comparison?.Finish();
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

    internal static OperatorException Differs(string how) =>
        new(ExitStatus.ArchiveFailed, $"The archive is not what was written: {how}.", Remedy);
}
