using System.Buffers.Text;
using System.Text;

namespace OsoSnapshotCore.Archives.Tar;

/// <summary>
/// The headers before an entry's own header, which override it: pax records, or GNU's long name. What different readers
/// understand differently, such as a name that is given twice, is refused.
/// </summary>
/// <param name="wrong">Makes the exception, with the place and the name of the entry.</param>
internal sealed class ExtendedHeader(Func<string, InvalidDataException> wrong)
{
    /// <summary>Linux' PATH_MAX.</summary>
    public const int MaxNameBytes = 4096;

    private bool _hasRecords;

    public string? Name { get; private set; }

    public long? SizeBytes { get; private set; }

    public void Clear() => (Name, SizeBytes, _hasRecords) = (null, null, false);

    /// <param name="bytes">The data of a header of type L. A zero byte ends the name.</param>
    public void ReadLongName(ReadOnlySpan<byte> bytes)
    {
        // Without the zero byte, GNU tar would read on, and other readers would not.
        int end = bytes.IndexOf((byte)0);
        TakeName(end >= 0 ? bytes[..end] : throw wrong("has a long name without the zero byte at its end"));
    }

    /// <param name="bytes">The data of a header of type x. Each record is its own length in decimal, a space,
    /// "key=value" and a newline.</param>
    public void ReadRecords(ReadOnlySpan<byte> bytes)
    {
        if (_hasRecords)
        {
            throw wrong("has two extended headers");
        }

        _hasRecords = true;
        ReadOnlySpan<byte> path = default;
        bool hasPath = false;
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> record = NextRecord(ref bytes, out int equals);
            switch (Meaning(record[..equals]))
            {
                case Key.Path:
                    path = record[(equals + 1)..];
                    hasPath = true;
                    break;
                case Key.Size:
                    SizeBytes = Decimal(record[(equals + 1)..]);
                    break;
                default:
                    break;
            }
        }

        // The last of several records counts: POSIX.1-2017, pax, "pax Extended Header".
        if (hasPath)
        {
            TakeName(path);
        }
    }

    /// <param name="bytes">The data of a header of type g, which is for all following entries.</param>
    public void CheckGlobalRecords(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            // GNU tar would apply the record, other readers would not.
            if (Meaning(NextRecord(ref bytes, out int equals)[..equals]) != Key.Ignored)
            {
                throw wrong("follows a name or a size that is given for all entries");
            }
        }
    }

    public string Decode(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            throw wrong("has an empty name");
        }

        if (name.Length > MaxNameBytes)
        {
            throw wrong($"has a name of {name.Length} bytes; the maximum is {MaxNameBytes}");
        }

        return name.Contains((byte)0)
            ? throw wrong("has a name with a zero byte in it")
            : Encoding.UTF8.GetString(name);
    }

    private void TakeName(ReadOnlySpan<byte> name) =>
        Name = Name is null ? Decode(name) : throw wrong("has two long names");

    private ReadOnlySpan<byte> NextRecord(scoped ref ReadOnlySpan<byte> bytes, out int equals)
    {
        // The parser would also take a sign.
        if (!char.IsAsciiDigit((char)bytes[0])
            || !Utf8Parser.TryParse(bytes, out int length, out int digits)
            || length <= digits + 1
            || length > bytes.Length
            || bytes[digits] != ' '
            || bytes[length - 1] != '\n')
        {
            throw wrong("has a damaged extended header");
        }

        ReadOnlySpan<byte> record = bytes[(digits + 1)..(length - 1)];
        bytes = bytes[length..];
        equals = record.IndexOf((byte)'=');
        return equals > 0 ? record : throw wrong("has a damaged extended header");
    }

    private Key Meaning(ReadOnlySpan<byte> key) => key switch
    {
        _ when key.SequenceEqual("path"u8) => Key.Path,
        _ when key.SequenceEqual("size"u8) => Key.Size,
        _ when key.StartsWith("GNU.sparse."u8) => throw wrong("is a sparse file, which this program does not read"),
        _ => Key.Ignored,
    };

    private long Decimal(ReadOnlySpan<byte> value) =>
        !value.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(value, out long number, out _)
            ? number
            : throw wrong("has a size that is negative, too large or not a number");

    private enum Key
    {
        Ignored,
        Path,
        Size,
    }
}
