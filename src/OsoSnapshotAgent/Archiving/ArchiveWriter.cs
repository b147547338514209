using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Archiving;

/// <summary>Turns a snapshot directory into tar, gzip and a file, and reports what it has read.</summary>
internal sealed class ArchiveWriter(
    AgentSettings settings,
    Progress progress,
    TimeProvider time,
    ProcFileSystem proc)
{
    private const int BufferBytes = 512 * 1024;

    /// <param name="volume">The file's volume; null for standard output.</param>
    /// <param name="archived">Gets each entry after it was read, for the verifier.</param>
    /// <param name="written">Learns how many bytes of the file are written.</param>
    /// <exception cref="OperatorException">There is no room, or a file changed while it was read.</exception>
    public ArchiveFigures Write(
        ArchiveSource source,
        IDeflateEngine engine,
        VolumeRoom? volume,
        Stream file,
        Action<ArchivedEntry> archived,
        WrittenBytes written,
        CancellationToken token)
    {
        using ArchiveOutput output = new(file, written, volume, settings.RateLimitBytesPerSecond, time, token);
        progress.Start("Archiving and verifying", source.InputBytes);
        long bytesRead = 0;
        Pace? pace = Pace.Beside(source.PrometheusPid, settings, proc, time);
        using (GzipPipeline gzip = new(output, engine, settings.Workers, token, pace is null ? null : pace.BeforeSlice))
        {
            using (TarEntryWriter tar = new(gzip))
            {
                byte[] buffer = new byte[BufferBytes];
                foreach (TreeEntry entry in source.Entries)
                {
                    tar.Start(Attributes(entry, source.Accounts));
                    uint crc = entry.Status.IsDirectory ? 0 : Copy(entry, tar, buffer, ref bytesRead, token);
                    tar.Finish();
                    archived(new(entry.EntryName, entry.Status.IsDirectory ? 0 : entry.Status.SizeBytes, crc));
                }
            }

            gzip.Complete();
        }

        return new()
        {
            InputBytes = bytesRead,
            ArchiveBytes = output.BytesWritten,
            Paused = pace?.Paused ?? TimeSpan.Zero,
            Crc32C = output.Crc32C,
            Sha256 = output.Sha256(),
        };
    }

    private uint Copy(TreeEntry entry, TarEntryWriter tar, byte[] buffer, ref long bytesRead, CancellationToken token)
    {
        Crc32C crc = Crc32C.Start();
        using FileStream source = Open(entry);
        long left = entry.Status.SizeBytes;
        int count;
        while ((count = source.Read(buffer)) > 0)
        {
            token.ThrowIfCancellationRequested();
            if (count > left)
            {
                throw Changed(entry, "grew");
            }

            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, count);
            crc.Append(bytes);
            tar.Write(bytes);
            left -= count;
            bytesRead += count;
            progress.Report(bytesRead);
        }

        return left == 0 ? crc.Value : throw Changed(entry, "shrank");
    }

    internal static TarEntryAttributes Attributes(TreeEntry entry, AccountNames names) => new()
    {
        Name = entry.EntryName,
        IsDirectory = entry.Status.IsDirectory,
        SizeBytes = entry.Status.IsDirectory ? 0 : entry.Status.SizeBytes,
        Permissions = entry.Status.Permissions,
        ModifiedAt = entry.Status.ModifiedAt,
        UserId = entry.Status.UserId,
        GroupId = entry.Status.GroupId,
        UserName = names.UserName(entry.Status.UserId),
        GroupName = names.GroupName(entry.Status.GroupId),
    };

    private static FileStream Open(TreeEntry entry)
    {
        try
        {
            return entry.OpenFile();
        }
        catch (FileNotFoundException)
        {
            throw Changed(entry, "vanished");
        }
    }

    private static OperatorException Changed(TreeEntry entry, string how) => new(
        ExitStatus.ArchiveFailed,
        $"{entry.PathSeenByAgent} {how} while it was read (it had {entry.Status.SizeBytes} bytes). A snapshot's files never change.",
        "Find out what else writes below the data directory, and run again.");
}
