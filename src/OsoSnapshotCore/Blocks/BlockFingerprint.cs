using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Distinguishes states of a block with the same ULID. A deletion through the admin API changes <c>tombstones</c> and
/// <c>meta.json</c>; no other file of a block ever changes.
/// </summary>
/// <remarks>
/// It is the first 16 hexadecimal digits of a SHA-256 over each file, in byte order of the paths: the path, a zero
/// byte, the size in decimal digits, a zero byte, and the content if it counts.
/// </remarks>
internal sealed class BlockFingerprint : IDisposable
{
    /// <summary>The maximum size of a file whose content counts. Prometheus sets no limit for tombstones.</summary>
    public const int MaxContentBytes = 16 * 1024 * 1024;

    private const int HexDigits = 16;
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly SortedDictionary<string, long> _waiting = new(StringComparer.Ordinal);
    private string _last = string.Empty;

    /// <summary>Whether the fingerprint includes the file's content, not only its size.</summary>
    public static bool CountsContent(string pathInBlock) => pathInBlock is BlockMeta.FileName or "tombstones";

    /// <summary>Whether a text has the form of a fingerprint.</summary>
    public static bool IsOne(string? text) =>
        text?.Length == HexDigits && !text.AsSpan().ContainsAnyExcept(Digits);

    /// <param name="files">The path in the block, the size in bytes, and the content if it counts.</param>
    public static string Of(IEnumerable<(string Path, long SizeBytes, byte[]? Content)> files)
    {
        using BlockFingerprint fingerprint = new();
        IEnumerable<(string, long, byte[]?)> sorted = files.OrderBy(file => file.Path, StringComparer.Ordinal);
        foreach ((string path, long sizeBytes, byte[]? content) in sorted)
        {
            fingerprint.Start(path, sizeBytes);
            fingerprint.Append(content);
        }

        return fingerprint.Finish();
    }

    /// <summary>
    /// Starts a file. The files may come in the order in which a tree is walked by name; their content is not kept.
    /// </summary>
    /// <exception cref="InvalidDataException">The file comes twice, or too late.</exception>
    public void Start(string path, long sizeBytes)
    {
        if (string.CompareOrdinal(path, _last) <= 0 || !_waiting.TryAdd(path, sizeBytes))
        {
            throw new InvalidDataException($"{path} comes twice, or after {_last}");
        }

        // Nothing that comes later may sort before a file whose content follows.
        if (CountsContent(path))
        {
            AppendWaiting(path);
            _last = path;
        }
    }

    /// <summary>Appends content of a file whose content counts.</summary>
    public void Append(ReadOnlySpan<byte> content) => _hash.AppendData(content);

    public string Finish()
    {
        AppendWaiting(last: null);
        return Convert.ToHexStringLower(_hash.GetHashAndReset())[..HexDigits];
    }

    public void Dispose() => _hash.Dispose();

    private void AppendWaiting(string? last)
    {
        string[] paths = [.. _waiting.Keys.TakeWhile(path => last is null || string.CompareOrdinal(path, last) <= 0)];
        foreach (string path in paths)
        {
            string size = _waiting[path].ToString(CultureInfo.InvariantCulture);
            _hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{size}\0"));
            _waiting.Remove(path);
        }
    }
}
