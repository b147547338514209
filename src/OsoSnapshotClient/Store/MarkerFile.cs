using System.Text.Json;
using OsoSnapshotClient.Restore;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// <c>oso-backup.json</c> marks a backup directory. This marker is written before any other file there.
/// </summary>
internal static class MarkerFile
{
    public const string Name = "oso-backup.json";

    public const int MaxBytes = 64 * 1024;

    /// <summary>Whether the marker's name is taken, by whatever it is.</summary>
    public static bool IsIn(DirectoryHandle root) => root.Find(Name) is not null;

    /// <exception cref="OperatorException">The directory holds other files and no marker.</exception>
    public static void RequireIsToCome(DirectoryHandle root)
    {
        string? other = root.Names().FirstOrDefault(
            name => name is not (RestoreTarget.NewFileSystemsOwn or DirectoryLock.FileName)
                && !name.StartsWith(Name, StringComparison.Ordinal));

        // Another client may have written the marker meanwhile.
        if (other is not null && !IsIn(root))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"{root.Path} is neither empty nor a backup directory: it has no {Name}, but"
                + $" {Printable.Text(root.PathOf(other))}.",
                "name another directory with --into");
        }
    }

    /// <summary>Writes the marker if there is none; for one client at a time.</summary>
    public static void Write(DirectoryHandle root)
    {
        if (!IsIn(root))
        {
            SmallFile.Write(root, Name, Content());
        }
    }

    /// <summary>
    /// Raises the format before this client adds to the directory: an earlier client must refuse it, and not
    /// delete blocks that only new lists name. A client of an earlier version that is at work there may end.
    /// </summary>
    public static void Raise(DirectoryHandle root)
    {
        if (ReadFormat(root) is > 0 and < BackupLayout.Format)
        {
            SmallFile.Write(root, Name, Content());
        }
    }

    public static byte[] Content() =>
    [
        .. JsonSerializer.SerializeToUtf8Bytes(
            new BackupMarker { Format = BackupLayout.Format }, BackupJson.Default.BackupMarker),
        (byte)'\n',
    ];

    /// <exception cref="OperatorException">This client does not know the format.</exception>
    public static void RequireKnown(int format, string path)
    {
        if (format is < 1 or > BackupLayout.Format)
        {
            throw BackupDamage.WrongFormat(path, format);
        }
    }

    /// <exception cref="OperatorException">The marker is missing or damaged.</exception>
    public static int ReadFormat(DirectoryHandle root) =>
        ReadFormat(() => BackupEntry.Read(root, Name, MaxBytes), root.PathOf(Name));

    /// <inheritdoc cref="ReadFormat(DirectoryHandle)"/>
    public static int ReadFormat(Func<byte[]?> read, string path)
    {
        try
        {
            byte[] json = read() ?? throw new FileNotFoundException("it is missing");
            return JsonSerializer.Deserialize(json, BackupJson.Default.BackupMarker)?.Format ?? 0;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw BackupDamage.Damaged(
                $"{path} is missing or damaged: {Printable.Text(e.Message)}",
                $"if no other file is missing or damaged, write {{\"format\": {BackupLayout.Format}}} to it; then run"
                + " kubectl oso-snapshot verify");
        }
    }
}
