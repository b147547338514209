using System.Text.Json;
using OsoSnapshotClient.Restore;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Backups;

/// <summary>
/// <c>oso-backup.json</c> marks a backup directory. This marker is written before any other file there.
/// </summary>
internal static class MarkerFile
{
    public const string Name = "oso-backup.json";

    private const int MaxBytes = 64 * 1024;

    public static bool IsIn(string directory) => File.Exists(PathIn(directory));

    /// <exception cref="OperatorException">The directory holds other files and no marker.</exception>
    public static void RequireIsToCome(string directory)
    {
        string[] content =
        [
            .. Directory.EnumerateFileSystemEntries(directory).Select(entry => Path.GetFileName(entry))
                .Where(name => name is not (RestoreTarget.NewFileSystemsOwn or DirectoryLock.FileName)
                    && !name.StartsWith(Name, StringComparison.Ordinal)).Take(3),
        ];

        // Another client may have written the marker meanwhile.
        if (content.Length > 0 && !IsIn(directory))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"{directory} is neither empty nor a backup directory: it has no {Name}, but {content[0]}.",
                "name another directory with --into");
        }
    }

    /// <summary>Writes the marker if there is none; for one client at a time.</summary>
    public static void Write(string directory)
    {
        if (!IsIn(directory))
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(
                new BackupMarker { Format = BackupDirectory.Format }, BackupJson.Default.BackupMarker);
            DurableFile.Write(PathIn(directory), [.. json, (byte)'\n']);
        }
    }

    /// <exception cref="OperatorException">The marker is missing or damaged.</exception>
    public static int ReadFormat(string directory)
    {
        string path = PathIn(directory);
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] json = new byte[Math.Min(file.Length, MaxBytes)];
            file.ReadExactly(json);
            return JsonSerializer.Deserialize(json, BackupJson.Default.BackupMarker)?.Format ?? 0;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw BackupDirectory.Damaged(
                $"{path} is missing or damaged: {e.Message}",
                $"if no other file is missing or damaged, write {{\"format\": {BackupDirectory.Format}}} to it; then run"
                + " kubectl oso-snapshot verify");
        }
    }

    private static string PathIn(string directory) => Path.Combine(directory, Name);
}
