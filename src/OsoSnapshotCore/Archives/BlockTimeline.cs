using System.Globalization;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Archives;

/// <summary>Draws the blocks along their time as text, so that gaps are visible.</summary>
internal static class BlockTimeline
{
    private const int Columns = 40;
    private const int MaxRows = 40;

    /// <returns>
    /// A row for each block (for several, if there are many), earliest first, and a line for each gap; empty if no
    /// block has readable times.
    /// </returns>
    public static IEnumerable<string> Lines(IReadOnlyList<BlockReport> blocks, bool ascii)
    {
        IEnumerable<BlockReport> dated = blocks.Where(block => block.Meta is not null);
        List<Span> spans = [.. dated.Select(block => new Span(block)).OrderBy(span => span.From)];
        if (spans.Count == 0)
        {
            return [];
        }

        DateTimeOffset start = spans[0].From;
        DateTimeOffset end = spans.Max(span => span.To);
        int blocksInRow = (spans.Count + MaxRows - 1) / MaxRows;
        List<string> lines = [$"  {new string(' ', Columns)}  from (UTC)        length  {"size",10}  {"samples",13}"];
        CoveredTime covered = new();
        foreach (Span[] row in spans.Chunk(blocksInRow))
        {
            foreach (Span span in row)
            {
                if (covered.Add(span.From, span.To) is { } gap)
                {
                    lines.Add(
                        $"  {new string(' ', Columns)}  {Time(span.From - gap)}  {Durations.Format(gap),6}  no block: a gap");
                }
            }

            lines.Add(Row(row, start, end, ascii));
        }

        return lines;
    }

    private static string Row(Span[] row, DateTimeOffset start, DateTimeOffset end, bool ascii)
    {
        char[] bar = new string(ascii ? '.' : '·', Columns).ToCharArray();
        double columnTicks = Math.Max(1, (end - start).Ticks / (double)Columns);
        foreach (Span span in row)
        {
            // A bar has at least one column. A block that ends where the next one starts does not cover that one's
            // column.
            int first = Math.Min(Columns - 1, (int)((span.From - start).Ticks / columnTicks));
            int last = Math.Clamp((int)Math.Ceiling((span.To - start).Ticks / columnTicks) - 1, first, Columns - 1);
            bar.AsSpan(first, last - first + 1).Fill(ascii ? '#' : '█');
        }

        DateTimeOffset from = row[0].From;
        DateTimeOffset to = row.Max(span => span.To);
        string several = row.Length > 1 ? $"  {row.Length} blocks" : string.Empty;
        string damaged = Array.Exists(row, span => span.IsDamaged) ? "  damaged" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"  {new string(bar)}  {Time(from)}  {Durations.Format(to - from),6} "
            + $" {ByteSize.Format(row.Sum(span => span.SizeBytes)),10}  {row.Sum(span => span.Samples),13}{several}{damaged}");
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private sealed class Span(BlockReport block)
    {
        public DateTimeOffset From { get; } = block.Meta!.From();

        public DateTimeOffset To { get; } = block.Meta!.To();

        public long SizeBytes => block.SizeBytes;

        public long Samples => block.Meta!.Stats.NumSamples;

        public bool IsDamaged => block.Problems.Count > 0;
    }
}
