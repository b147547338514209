using System.Globalization;

namespace OsoSnapshotCore.Text;

/// <summary>Byte counts as people write them: <c>512MiB</c>, <c>2Gi</c>, <c>1.5GB</c>, <c>1048576</c>.</summary>
internal static class ByteSize
{
    public const string Rule = "a size such as 512MiB, 2GiB or 1048576";

    private const long KiB = 1024;

    // Binary units are spelled as in IEC 80000-13 and in Kubernetes quantities, decimal units as in the SI.
    private static readonly (string Suffix, long Factor)[] Units =
    [
        ("KiB", KiB), ("MiB", KiB * KiB), ("GiB", KiB * KiB * KiB), ("TiB", KiB * KiB * KiB * KiB),
        ("Ki", KiB), ("Mi", KiB * KiB), ("Gi", KiB * KiB * KiB), ("Ti", KiB * KiB * KiB * KiB),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
        ("B", 1), (string.Empty, 1),
    ];

    public static bool TryParse(string text, out long bytes)
    {
        (string suffix, long factor) = Array.Find(
            Units,
            unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));
        bytes = 0;
        ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - suffix.Length).TrimEnd();
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || number > long.MaxValue / factor)
        {
            return false;
        }

        bytes = (long)(number * factor);
        return true;
    }

    /// <summary>Adds sizes. A sum that no long holds is the maximum: a network file system may report 8 EiB.</summary>
    public static long Sum(params IEnumerable<long> sizes)
    {
        Int128 sum = 0;
        foreach (long size in sizes)
        {
            sum += size;
        }

        return (long)Int128.Clamp(sum, long.MinValue, long.MaxValue);
    }

    /// <summary>Formats a size for people: <c>987 B</c>, <c>1.4 MiB</c>, <c>12.0 GiB</c>.</summary>
    public static string Format(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {units[unit]}");
    }
}
