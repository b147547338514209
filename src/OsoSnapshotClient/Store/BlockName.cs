using System.Buffers;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Names a block's content: its ULID, and a fingerprint of what may change in a block with the same ULID.
/// </summary>
internal readonly record struct BlockName
{
    private const string Extension = ".tar.gz";
    private const int UlidLetters = 26;
    private const int FingerprintDigits = 16;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private BlockName(BlockId ulid, string fingerprint) => (Ulid, Fingerprint) = (ulid, fingerprint);

    public BlockId Ulid { get; }

    public string Fingerprint { get; }

    /// <summary>The name of the block's archive in the backup directory.</summary>
    public string FileName => $"{Ulid}.{Fingerprint}{Extension}";

    /// <summary>The archive's name in the store.</summary>
    public string Path => $"{BackupLayout.Blocks}/{FileName}";

    /// <summary>Parses a name. There is no other way to get one, so no unchecked text becomes part of a path.</summary>
    public static bool TryParse(string? ulid, string? fingerprint, out BlockName name)
    {
        bool isValid = BlockId.TryParse(ulid, out BlockId id) & fingerprint?.Length == FingerprintDigits
            && !fingerprint.AsSpan().ContainsAnyExcept(HexDigits);
        name = isValid ? new(id, fingerprint!) : default;
        return isValid;
    }

    /// <inheritdoc cref="TryParse"/>
    public static bool TryParseFile(string file, out BlockName name)
    {
        name = default;
        return file.Length == UlidLetters + 1 + FingerprintDigits + Extension.Length
            && file[UlidLetters] == '.'
            && file.EndsWith(Extension, StringComparison.Ordinal)
            && TryParse(file[..UlidLetters], file[(UlidLetters + 1)..^Extension.Length], out name);
    }

    /// <summary>Parses the name of a block's archive, or of the checksum file beside it.</summary>
    /// <inheritdoc cref="TryParse" path="/returns"/>
    public static bool TryParseEither(string file, out BlockName name) => TryParseFile(
        file.EndsWith(ChecksumFile.Extension, StringComparison.Ordinal)
            ? file[..^ChecksumFile.Extension.Length]
            : file,
        out name);

    public override string ToString() => $"{Ulid}.{Fingerprint}";
}
