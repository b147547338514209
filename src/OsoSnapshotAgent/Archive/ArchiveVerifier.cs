using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// Reads an archive back with other code than wrote it (System.Formats.Tar, not SharpZipLib), compares every entry with
/// what was read from the snapshot, and checks every block in it.
/// </summary>
internal sealed class ArchiveVerifier(Progress progress)
{
    private const int BufferBytes = 512 * 1024;

    /// <param name="manifest">What must be in it; null when only the archive itself is known.</param>
    /// <exception cref="AgentException">With <see cref="ExitStatus.ArchiveFailed"/>: the archive can't be read or differs.</exception>
    public VerifiedArchive Verify(string path, ArchiveManifest? manifest, CancellationToken token)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            using SHA256 sha256 = SHA256.Create();
            progress.Start("Verifying", file.Length);
            BlockAudit audit = new();
            using (CryptoStream summed = new(file, sha256, CryptoStreamMode.Read, leaveOpen: true))
            {
                ReadEntries(summed, () => progress.Report(file.Position), manifest, audit, token);
                summed.CopyTo(Stream.Null);
            }

            string sum = Convert.ToHexStringLower(sha256.Hash!);
            return manifest is not null && sum != manifest.Sha256
                ? throw Differs($"its SHA-256 is {sum}, but {manifest.Sha256} was written")
                : new() { Tally = audit.Tally, Damage = audit.Problems, Sha256 = sum };
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException
            or FormatException or ArithmeticException or ArgumentException or NotSupportedException)
        {
            // The second line is what System.Formats.Tar makes of damaged headers.
            throw new AgentException(ExitStatus.ArchiveFailed, $"{path} can't be read back: {e.Message}", "Run again; if it happens twice, the volume loses data: check its health.", e);
        }
    }

    private static void ReadEntries(Stream archive, Action report, ArchiveManifest? manifest, BlockAudit audit, CancellationToken token)
    {
        using GZipStream gzip = new(archive, CompressionMode.Decompress, leaveOpen: true);
        using TarReader tar = new(gzip, leaveOpen: true);
        byte[] buffer = new byte[BufferBytes];
        int position = 0;
        while (tar.GetNextEntry() is { } entry)
        {
            ArchivedEntry found = Read(entry, audit, buffer, report, token);
            if (manifest is not null)
            {
                Compare(found, position < manifest.Entries.Count ? manifest.Entries[position] : null);
            }

            position++;
        }

        audit.Finish();
        if (position < manifest?.Entries.Count)
        {
            throw Differs($"it ends before {manifest.Entries[position].Name}");
        }

        // To the end, so that gzip's own checksum and length are looked at.
        gzip.CopyTo(Stream.Null);
    }

    private static ArchivedEntry Read(TarEntry entry, BlockAudit audit, byte[] buffer, Action report, CancellationToken token)
    {
        // snapshots/NAME/ULID/…
        string[] parts = entry.Name.Split('/', 3);
        Crc32C crc = Crc32C.Start();
        long size = 0;
        if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
        {
            audit.StartFile(parts[^1]);
            int count;
            while ((count = entry.DataStream?.Read(buffer) ?? 0) > 0)
            {
                token.ThrowIfCancellationRequested();
                crc.Append(buffer.AsSpan(0, count));
                audit.Append(buffer.AsSpan(0, count));
                size += count;
                report();
            }

            audit.FinishFile();
        }

        return new(entry.Name, size, crc.Value);
    }

    private static void Compare(ArchivedEntry found, ArchivedEntry? written)
    {
        if (found != written)
        {
            throw Differs(written is { } expected && expected.Name == found.Name
                ? $"{found.Name} has {found.SizeBytes} bytes with checksum {found.Crc32C:x8}, but {expected.SizeBytes} bytes with {expected.Crc32C:x8} were read from the snapshot"
                : $"it holds {found.Name} where {written?.Name ?? "its end"} should be");
        }
    }

    private static AgentException Differs(string how) => new(
        ExitStatus.ArchiveFailed, $"The archive is not what was written: {how}.", "Run again; if it happens twice, the volume loses data: check its health.");
}
