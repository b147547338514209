using System.Globalization;
using OsoSnapshotAgent.Output;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Volume;

/// <summary>Lists a directory in the format of <c>ls -lh</c>, in the C locale and in UTC.</summary>
internal static class LongListing
{
    // ls shows the time of day for half a (Gregorian) year, and the year for older files.
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(31_556_952 / 2);

    /// <summary>A data directory has a row for each block: a year of blocks makes some hundreds.</summary>
    public const int MaxRows = 1000;

    /// <summary>Prints the listing of a data directory, with the account names of the target container.</summary>
    public static void Print(DataDirectory data, AccountNames names, Transcript transcript, DateTimeOffset now)
    {
        transcript.Line($"Contents of {data.PathSeenByAgent}:");
        try
        {
            transcript.Lines(Of(data.Directory, names, now));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only people read the listing, so the run continues without it.
            transcript.Warning(LogId.ListingFailed, $"The directory can't be listed: {e.Message}");
        }
    }

    /// <returns>A line with the sum, a row for each entry, and a line that counts the rows left out.</returns>
    /// <exception cref="IOException">The directory can't be read.</exception>
    public static IReadOnlyList<string> Of(DirectoryHandle directory, AccountNames names, DateTimeOffset now)
    {
        long allocatedBytes = 0;
        List<string[]> rows = [];
        IReadOnlyList<string> shown = First(directory, out long leftOut);
        foreach (string name in shown)
        {
            // A file that was deleted meanwhile is left out.
            if (directory.Find(name) is { } status)
            {
                allocatedBytes += status.AllocatedBytes;
                rows.Add(Columns(directory, name, status, names, now));
            }
        }

        int Width(int column) => rows.Count == 0 ? 0 : rows.Max(row => row[column].Length);
        (int links, int owner, int group, int size) = (Width(1), Width(2), Width(3), Width(4));
        return
        [
            $"total {Size(allocatedBytes)}",
            .. rows.Select(
                row =>
                    $"{row[0]} {row[1].PadLeft(links)} {Account(row[2], owner)} {Account(row[3], group)}"
                    + $" {row[4].PadLeft(size)} {row[5]} {row[6]}"),
            .. leftOut > 0 ? [$"… and {leftOut} more"] : Array.Empty<string>(),
        ];
    }

    // The first entries by name, without hidden ones. The memory does not grow with the directory.
    private static IReadOnlyList<string> First(DirectoryHandle directory, out long leftOut)
    {
        SortedSet<string> first = new(StringComparer.Ordinal);
        leftOut = 0;
        foreach (string name in directory.Names().Where(name => !name.StartsWith('.')))
        {
            first.Add(name);
            if (first.Count > MaxRows)
            {
                first.Remove(first.Max!);
                leftOut++;
            }
        }

        return [.. first];
    }

    /// <summary>
    /// A size of at most three digits, rounded up as ls does: <c>0</c>, <c>512</c>, <c>4.0K</c>, <c>36K</c>,
    /// <c>1.1G</c>.
    /// </summary>
    internal static string Size(long bytes)
    {
        const string Units = "KMGTPE";
        if (bytes < 1024)
        {
            return bytes.ToString(CultureInfo.InvariantCulture);
        }

        decimal value = bytes;
        int unit = -1;
        do
        {
            value /= 1024;
            unit++;
        }
        while (Math.Ceiling(value) >= 1024);

        decimal tenths = Math.Ceiling(value * 10) / 10;
        return (
            tenths < 10
                ? tenths.ToString("0.0", CultureInfo.InvariantCulture)
                : Math.Ceiling(value).ToString("0", CultureInfo.InvariantCulture)) + Units[unit];
    }

    /// <summary>The ten letters of <c>ls -l</c>, with setuid, setgid and sticky.</summary>
    internal static string Mode(int mode)
    {
        const int SetUid = 0x800, SetGid = 0x400, Sticky = 0x200;
        char type = (mode & 0xF000) switch
        {
            0x4000 => 'd',
            0xA000 => 'l',
            0x6000 => 'b',
            0x2000 => 'c',
            0x1000 => 'p',
            0xC000 => 's',
            _ => '-',
        };
        return new string(
        [
            type,
            Bit(0x100, 'r'), Bit(0x80, 'w'), Execute(0x40, SetUid, 's'),
            Bit(0x20, 'r'), Bit(0x10, 'w'), Execute(0x8, SetGid, 's'),
            Bit(0x4, 'r'), Bit(0x2, 'w'), Execute(0x1, Sticky, 't'),
        ]);

        char Bit(int bit, char letter) => (mode & bit) != 0 ? letter : '-';
        char Execute(int bit, int special, char letter) => (mode & special, mode & bit) switch
        {
            (0, 0) => '-',
            (0, _) => 'x',
            (_, 0) => char.ToUpperInvariant(letter),
            _ => letter,
        };
    }

    // ls aligns names to the left and numbers to the right.
    private static string Account(string nameOrId, int width) =>
        nameOrId.All(char.IsAsciiDigit) ? nameOrId.PadLeft(width) : nameOrId.PadRight(width);

    private static string[] Columns(
        DirectoryHandle directory,
        string name,
        FileStatus status,
        AccountNames names,
        DateTimeOffset now) =>
    [
        Mode(status.Mode),
        status.LinkCount.ToString(CultureInfo.InvariantCulture),
        names.UserName(status.UserId) ?? status.UserId.ToString(CultureInfo.InvariantCulture),
        names.GroupName(status.GroupId) ?? status.GroupId.ToString(CultureInfo.InvariantCulture),
        Size(status.SizeBytes),
        Date(status.ModifiedAt, now),
        status.IsSymbolicLink ? $"{name} -> {directory.ReadLink(name)}" : name,
    ];

    private static string Date(DateTimeOffset modified, DateTimeOffset now)
    {
        bool isRecent = modified <= now && now - modified < Recent;
        string month = modified.ToString("MMM", CultureInfo.InvariantCulture);
        string rest = isRecent ? modified.ToString("HH:mm", CultureInfo.InvariantCulture) : $" {modified.Year}";
        return $"{month} {modified.Day,2} {rest}";
    }
}
