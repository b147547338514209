using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Distinguishes states of a block with the same ULID. A deletion through the admin API changes <c>tombstones</c> and
/// <c>meta.json</c>; no other file of a block ever changes.
/// </summary>
internal static class BlockFingerprint
{
    /// <summary>The maximum size of a file whose content counts. Prometheus sets no limit for tombstones.</summary>
    public const int MaxContentBytes = 16 * 1024 * 1024;

    private const int HexDigits = 16;

    /// <summary>Whether the fingerprint includes the file's content, not only its size.</summary>
    public static bool CountsContent(string pathInBlock) => pathInBlock is BlockMeta.FileName or "tombstones";

    /// <summary>
    /// The first 16 hexadecimal digits of a SHA-256. It is taken over each file, in byte order of the paths: the path,
    /// a zero byte, the size in decimal digits, a zero byte, and the content if it counts.
    /// </summary>
    /// <param name="files">The path in the block, the size in bytes, and the content if it counts.</param>
    public static string Of(IEnumerable<(string Path, long SizeBytes, byte[]? Content)> files)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<(string, long, byte[]?)> sorted = files.OrderBy(file => file.Path, StringComparer.Ordinal);
        foreach ((string path, long sizeBytes, byte[]? content) in sorted)
        {
            string size = sizeBytes.ToString(CultureInfo.InvariantCulture);
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{size}\0"));
            hash.AppendData(content ?? []);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..HexDigits];
    }
}
