using System.Globalization;

namespace OsoSnapshotClient.Copy;

/// <summary>Bytes from <paramref name="Start"/> up to, but not including, <paramref name="End"/>.</summary>
internal readonly record struct ByteRange(long Start, long End)
{
    public long Length => End - Start;
}

/// <summary>The bytes of a file that have arrived, as sorted ranges that don't touch.</summary>
internal sealed class ByteRanges
{
    private readonly List<ByteRange> _ranges = [];

    /// <summary>The number of bytes from the first one on, without a gap.</summary>
    public long Prefix => _ranges is [{ Start: 0 } first, ..] ? first.End : 0;

    public long Total => _ranges.Sum(range => range.Length);

    public void Add(ByteRange added)
    {
        if (added.Length <= 0)
        {
            return;
        }

        int from = _ranges.FindIndex(range => range.End >= added.Start);
        from = from < 0 ? _ranges.Count : from;
        int to = from;
        while (to < _ranges.Count && _ranges[to].Start <= added.End)
        {
            added = new(Math.Min(added.Start, _ranges[to].Start), Math.Max(added.End, _ranges[to].End));
            to++;
        }

        _ranges.RemoveRange(from, to - from);
        _ranges.Insert(from, added);
    }

    /// <summary>The missing ranges of a file of that size, in pieces of at most <paramref name="maxBytes"/>.</summary>
    public IEnumerable<ByteRange> Missing(long size, long maxBytes)
    {
        long start = 0;
        foreach (ByteRange range in _ranges.Append(new(size, size)))
        {
            while (start < range.Start)
            {
                ByteRange piece = new(start, start + Math.Min(maxBytes, range.Start - start));
                yield return piece;
                start = piece.End;
            }

            start = range.End;
        }
    }

    /// <returns>The ranges as text, such as <c>0-1048576,2097152-3145728</c>.</returns>
    public override string ToString() => string.Join(
        ',',
        _ranges.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.Start}-{range.End}")));

    /// <returns>null if the text is not in that form.</returns>
    public static ByteRanges? Parse(string text)
    {
        ByteRanges ranges = new();
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            if (ends.Length != 2
                || !TryParse(ends[0], out long start)
                || !TryParse(ends[1], out long end)
                || end < start)
            {
                return null;
            }

            ranges.Add(new(start, end));
        }

        return ranges;
    }

    private static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
