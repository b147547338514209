using System.Globalization;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Names a block's content: its ULID, and a fingerprint of what may change in a block with the same ULID. Its order is
/// that of the texts.
/// </summary>
internal readonly record struct BlockName : IComparable<BlockName>
{
    private const string Extension = ".tar.gz";
    private const int UlidLetters = 26;
    private const int FingerprintDigits = 16;

    private readonly ulong _fingerprint;

    private BlockName(BlockId ulid, ulong fingerprint) => (Ulid, _fingerprint) = (ulid, fingerprint);

    public BlockId Ulid { get; }

    public string Fingerprint => _fingerprint.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The name of the block's archive in the backup directory.</summary>
    public string FileName => $"{Ulid}.{Fingerprint}{Extension}";

    /// <summary>The archive's name in the store.</summary>
    public string Path => $"{BackupLayout.Blocks}/{FileName}";

    /// <summary>Parses a name. There is no other way to get one, so no unchecked text becomes part of a path.</summary>
    public static bool TryParse(string? ulid, string? fingerprint, out BlockName name)
    {
        bool isValid = BlockId.TryParse(ulid, out BlockId id) & BlockFingerprint.IsOne(fingerprint);
        name = isValid
            ? new(id, ulong.Parse(fingerprint!, NumberStyles.HexNumber, CultureInfo.InvariantCulture))
            : default;
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

    public int CompareTo(BlockName other) =>
        (Ulid, _fingerprint).CompareTo((other.Ulid, other._fingerprint));

    public override string ToString() => $"{Ulid}.{Fingerprint}";
}
