using System.Security.Cryptography;
using OsoSnapshotAgent.Tests.House;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>What version 0.2.0 wrote. Nothing may write there, so tests work on copies.</summary>
internal static class EarlierVersion
{
    public const string Archive = "snapshots.tgz";

    /// <summary>The snapshots of the backup directory, from the oldest to the newest.</summary>
    public static readonly string[] Snapshots =
    [
        "20261129T115641Z-260dd66d90102c37",
        "20261129T115658Z-636894da32d67afe",
        "20261129T115715Z-7d50abf2a2ac78e1",
    ];

    /// <summary>The snapshot of the archive.</summary>
    public const string ArchivedSnapshot = "20261129T115723Z-3fcba1cbbcd6c403";

    public static string Folder { get; } = Path.Combine(SourceFile.Repository, "tests/fixtures/0.2.0");

    /// <summary>Copies the backup directory to a directory that does not exist.</summary>
    public static void CopyBackupsTo(string directory)
    {
        string backups = Path.Combine(Folder, "backups");
        foreach (string file in Directory.GetFiles(backups, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(directory, Path.GetRelativePath(backups, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>The files of a snapshot as they were on Prometheus' volume, as lines of "SHA-256  FILE".</summary>
    public static string[] FilesOf(string snapshot) =>
    [
        .. File.ReadLines(Path.Combine(Folder, "files.sha256"))
            .Where(line => line.Contains($"  {snapshot}/", StringComparison.Ordinal))
            .Select(line => line.Replace(snapshot + "/", string.Empty, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The files of a directory, as such lines.</summary>
    public static string[] FilesIn(string directory) =>
    [
        .. Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Select(file =>
            $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"
            + $"  {Path.GetRelativePath(directory, file).Replace('\\', '/')}").Order(StringComparer.Ordinal),
    ];
}
