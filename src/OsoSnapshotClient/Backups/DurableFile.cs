using OsoSnapshotClient.Copy;

namespace OsoSnapshotClient.Backups;

/// <summary>Small files that are there whole or not at all, after a power cut too.</summary>
internal static class DurableFile
{
    /// <summary>What a name has that is not final.</summary>
    public const string PartExtension = ".part";

    /// <exception cref="IOException">It can't be written, or may be lost.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it.</exception>
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
