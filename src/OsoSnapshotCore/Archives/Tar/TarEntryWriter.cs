using System.Globalization;
using System.Text;
using ICSharpCode.SharpZipLib.Tar;
using SharpHeader = ICSharpCode.SharpZipLib.Tar.TarHeader;

namespace OsoSnapshotCore.Archives.Tar;

/// <summary>
/// Writes tar entries with SharpZipLib. Values that a ustar header can't hold go into a pax header before it
/// (POSIX.1-2017, pax, "ustar Interchange Format"): SharpZipLib 1.4.1 would silently cut ids over 2,097,151.
/// </summary>
internal sealed class TarEntryWriter : IDisposable
{
    private const int NameBytes = 100;
    private const int AccountNameBytes = 31;
    private const long MaxOctalId = 0x1FFFFF;
    private const long MaxOctalSize = 0x1FFFFFFFF;

    // The plain header has this id (nobody) if the true one does not fit.
    private const int StandInId = 65534;

    private readonly TarOutputStream _tar;
    private bool _isEntryOpen;

    public TarEntryWriter(Stream output) =>
        _tar = new TarOutputStream(output, Encoding.UTF8) { IsStreamOwner = false };

    /// <summary>Starts an entry. The content of a file must follow, with exactly its size in bytes.</summary>
    public void Start(TarEntryAttributes source)
    {
        _isEntryOpen = true;
        WriteExtendedHeader(source);
        _tar.PutNextEntry(Entry(source));
    }

    public void Write(ReadOnlySpan<byte> content) => _tar.Write(content);

    public void Finish()
    {
        _tar.CloseEntry();
        _isEntryOpen = false;
    }

    /// <summary>
    /// Writes the end of the archive, and leaves the stream open. After an unfinished entry it writes nothing.
    /// </summary>
    public void Dispose()
    {
        try
        {
            _tar.Dispose();
        }
        catch (TarException) when (_isEntryOpen)
        {
            // An exception of SharpZipLib would hide the failure that left the entry unfinished.
        }
    }

    private static TarEntry Entry(TarEntryAttributes source)
    {
        TarEntry entry = TarEntry.CreateTarEntry(FitsName(source.Name) ? source.Name : ShortName(source.Name));
        SharpHeader header = entry.TarHeader;
        header.TypeFlag = source.IsDirectory ? SharpHeader.LF_DIR : SharpHeader.LF_NORMAL;
        header.Mode = source.Permissions;
        header.Size = source.SizeBytes;
        header.ModTime = HeaderTime(source.ModifiedAt);
        header.UserId = HeaderId(source.UserId);
        header.GroupId = HeaderId(source.GroupId);
        header.UserName = HeaderName(source.UserName);
        header.GroupName = HeaderName(source.GroupName);
        return entry;
    }

    private void WriteExtendedHeader(TarEntryAttributes source)
    {
        byte[] records = ExtendedRecords(source);
        if (records.Length == 0)
        {
            return;
        }

        // SharpZipLib takes a name with a slash at its end for a directory, which may hold no bytes.
        string name = ShortName(source.Name);
        TarEntry entry = TarEntry.CreateTarEntry(
            "PaxHeaders/" + name[..Math.Min(name.Length, NameBytes - 11)].TrimEnd('/'));
        entry.TarHeader.TypeFlag = SharpHeader.LF_XHDR;
        entry.TarHeader.Mode = 0x1A4;
        entry.TarHeader.Size = records.Length;
        entry.TarHeader.ModTime = HeaderTime(source.ModifiedAt);
        _tar.PutNextEntry(entry);
        _tar.Write(records);
        _tar.CloseEntry();
    }

    /// <returns>The records for what the header can't hold; empty if it holds everything.</returns>
    private static byte[] ExtendedRecords(TarEntryAttributes source)
    {
        StringBuilder records = new();
        if (!FitsName(source.Name))
        {
            AppendRecord(records, "path", source.Name);
        }

        if (source.UserId > MaxOctalId)
        {
            AppendRecord(records, "uid", source.UserId.ToString(CultureInfo.InvariantCulture));
        }

        if (source.GroupId > MaxOctalId)
        {
            AppendRecord(records, "gid", source.GroupId.ToString(CultureInfo.InvariantCulture));
        }

        // The header holds such a size too, in GNU tar's base 256, for readers that know no pax headers.
        if (source.SizeBytes > MaxOctalSize)
        {
            AppendRecord(records, "size", source.SizeBytes.ToString(CultureInfo.InvariantCulture));
        }

        if (HeaderTime(source.ModifiedAt) != source.ModifiedAt)
        {
            string seconds = source.ModifiedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            AppendRecord(records, "mtime", seconds);
        }

        return Encoding.UTF8.GetBytes(records.ToString());
    }

    /// <summary>Appends a pax record: its own length in decimal, a space, "key=value" and a newline.</summary>
    private static void AppendRecord(StringBuilder records, string key, string value)
    {
        int rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        int length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length++;
        }

        records.Append(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
    }

    private static bool FitsName(string name) => name.Length <= NameBytes && name.All(char.IsAscii);

    // Readers without pax see this name. The end of a path tells files apart better than its start.
    private static string ShortName(string name)
    {
        string ascii = string.Concat(name.Select(letter => char.IsAscii(letter) ? letter : '_'));
        return ascii.Length <= NameBytes ? ascii : ascii[^NameBytes..].TrimStart('/');
    }

    private static int HeaderId(uint id) => id <= MaxOctalId ? (int)id : StandInId;

    // SharpZipLib refuses times before 1970, and writes 0 for times after 2038.
    private static DateTime HeaderTime(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(time.ToUnixTimeSeconds(), 0, int.MaxValue)).UtcDateTime;

    private static string HeaderName(string? name) =>
        name is not null && Encoding.UTF8.GetByteCount(name) <= AccountNameBytes ? name : string.Empty;
}
