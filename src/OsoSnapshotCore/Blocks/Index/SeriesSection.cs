using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>
/// Judges the series: the length of each, its labels as pairs of symbols, its chunks, and its checksum. Nothing says
/// how many there are: the series end where a list starts.
/// </summary>
internal sealed class SeriesSection(IndexFigures figures, IChunkReferences references) : IndexSection("its series")
{
    // A chunk has some 8 bytes here: the limit fits two million chunks of one series.
    private const int MaxSeriesBytes = 16 * 1024 * 1024;

    public override IndexSection Take(IndexWindow window)
    {
        while (true)
        {
            ReadOnlySpan<byte> rest = window.Rest;
            int start = Padding(window.Position, figures.SeriesStep);
            int list = Padding(window.Position, 4);
            int lookahead = Math.Max(start, list) + ListHead.Bytes;
            if (rest.Length < lookahead && !window.IsLast)
            {
                return this;
            }

            for (; list <= Math.Max(start, 3) && list < rest.Length; list += 4)
            {
                if (ListHead.IsOfAllSeries(rest[list..], figures) || ListHead.IsLabelIndex(rest[list..]))
                {
                    return new PostingsSection(figures);
                }
            }

            if (start >= rest.Length)
            {
                throw Damage("it ends within its series");
            }

            if (rest[start] == 0)
            {
                window.Skip(start + 1);
                continue;
            }

            if (!TryTake(window, start, out string? problem))
            {
                // It may be a label index with a damaged length, which Prometheus does not read.
                return problem is null ? this : new AllSeriesSearch(figures, problem);
            }
        }
    }

    /// <returns>False if the series is not in the window yet, or has a problem.</returns>
    private bool TryTake(IndexWindow window, int start, out string? problem)
    {
        ReadOnlySpan<byte> rest = window.Rest[start..];
        int prefix = Varint.TryRead(rest, out ulong length);
        problem = prefix < 0 || length > MaxSeriesBytes ? "a series of impossible length" : null;
        if (problem is not null || prefix == 0 || prefix + (int)length + CrcBytes > rest.Length)
        {
            problem ??= window.IsLast ? "it ends within its series" : null;
            return false;
        }

        ReadOnlySpan<byte> entry = rest.Slice(prefix, (int)length);
        if (Crc32C.Of(entry) != Word(rest, prefix + entry.Length))
        {
            problem = "the checksum of a series does not match";
            return false;
        }

        Judge(entry, window.Position + start);
        window.Skip(start + prefix + entry.Length + CrcBytes);
        return true;
    }

    private void Judge(ReadOnlySpan<byte> entry, long position)
    {
        figures.FirstSeries = figures.Series.Count == 0 ? position : figures.FirstSeries;
        figures.LastSeries = position;
        figures.Series.Add((ulong)position);
        VarintReader reader = new(entry);
        ulong previousName = 0;
        for (ulong labels = reader.Unsigned(), i = 0; i < labels; i++)
        {
            ulong name = Symbol(reader.Unsigned());
            Symbol(reader.Unsigned());
            if (i > 0 && name <= previousName)
            {
                figures.Notes.Add("the labels of a series are not sorted");
            }

            previousName = name;
        }

        ulong chunks = reader.Unsigned();
        if (chunks > 0)
        {
            TakeChunks(ref reader, chunks);
        }
    }

    private void TakeChunks(ref VarintReader reader, ulong count)
    {
        long minTime = reader.Signed();
        long maxTime = unchecked(minTime + (long)reader.Unsigned());
        ulong reference = reader.Unsigned();
        references.Add(reference, minTime, maxTime);
        for (ulong i = 1; i < count; i++)
        {
            minTime = unchecked(maxTime + (long)reader.Unsigned());
            maxTime = unchecked(minTime + (long)reader.Unsigned());
            reference = unchecked(reference + (ulong)reader.Signed());
            references.Add(reference, minTime, maxTime);
        }
    }

    private ulong Symbol(ulong reference) =>
        reference >= figures.Symbols.First && reference < figures.Symbols.End
            ? reference
            : throw Damage("a series names a symbol that does not exist");
}

/// <summary>
/// Looks for the list of all series after something that is neither a series nor a list. Prometheus reads no label
/// indices, and finds the postings by another section.
/// </summary>
internal sealed class AllSeriesSearch(IndexFigures figures, string problem) : IndexSection("its label indices")
{
    private readonly byte[] _head = ListHead.OfAllSeries(figures);

    public override IndexSection Take(IndexWindow window)
    {
        ReadOnlySpan<byte> rest = window.Rest;
        int at = 0;
        while (true)
        {
            int found = rest[at..].IndexOf(_head);
            if (found < 0)
            {
                window.Skip(Math.Max(at, rest.Length - _head.Length + 1));
                return window.IsLast ? throw Damage(problem) : this;
            }

            at += found;
            if (Padding(window.Position + at, 4) == 0)
            {
                window.Skip(at);
                figures.Suspicion = problem;
                figures.Notes.Add("its label indices, which Prometheus does not read, are damaged");
                return new PostingsSection(figures);
            }

            at++;
        }
    }
}
