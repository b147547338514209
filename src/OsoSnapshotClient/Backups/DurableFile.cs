using OsoSnapshotClient.Copy;

namespace OsoSnapshotClient.Backups;

/// <summary>Writes small files that exist completely or not at all, even after a power cut.</summary>
internal static class DurableFile
{
    /// <summary>The end of a name that is not final.</summary>
    public const string PartExtension = ".part";

    /// <exception cref="IOException">The file can't be written, or may be lost.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write the file.</exception>
    public static void Write(string path, byte[] content)
    {
        string part = path + PartExtension;
        using (FileStream file = new(part, FileMode.Create, FileAccess.Write, FileShare.None, 1))
        {
            file.Write(content);
            Durable.Flush(file.SafeFileHandle, part);
        }

        File.Move(part, path, overwrite: true);
        Durable.FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
