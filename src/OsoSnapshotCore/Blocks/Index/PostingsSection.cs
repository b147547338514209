using System.Buffers.Binary;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>
/// Judges the label indices, which older versions write and none reads, and the postings: lists of series, of which the
/// first names all series.
/// </summary>
internal sealed class PostingsSection(IndexFigures figures) : IndexSection("its postings")
{
    private const int HeadBytes = 8;

    private Crc32C _crc;
    private SequenceHash _series;
    private Kind _kind;
    private long _bytesLeft;
    private long _last;

    private enum Kind
    {
        LabelIndex,
        AllSeries,
        Postings,
    }

    private bool IsInList { get; set; }

    public override IndexSection Take(IndexWindow window)
    {
        while (true)
        {
            if (IsInList)
            {
                if (!TryTakeList(window))
                {
                    return this;
                }

                continue;
            }

            int start = NextList(window);
            if (start < 0)
            {
                return this;
            }

            if (KindOf(window.Rest[start..]) is not { } kind)
            {
                return figures.Lists.Count > 0
                    ? new LabelTableSection(figures)
                    : new AllSeriesSearch(figures, "the list of all series is not where the series end");
            }

            window.Skip(start);
            Start(window, kind);
        }
    }

    /// <returns>
    /// The offset of the next word of 4 bytes that is not zero, with a list's head after it; -1 if more bytes are
    /// needed.
    /// </returns>
    private static int NextList(IndexWindow window)
    {
        int aligned = Math.Min(Padding(window.Position, 4), window.Rest.Length);
        int zeros = window.Rest[aligned..].IndexOfAnyExcept((byte)0);
        if (zeros < 0 && window.Rest.Length > 2 * ListHead.Bytes)
        {
            // The last zeros may belong to the length of a table.
            window.Skip((window.Rest.Length - ListHead.Bytes) & ~3);
            aligned = Padding(window.Position, 4);
        }

        int start = aligned + (Math.Max(0, zeros) & ~3);
        bool isWhole = zeros >= 0 && window.Rest.Length >= start + ListHead.Bytes;
        return isWhole || window.IsLast ? Math.Min(start, window.Rest.Length) : -1;
    }

    private Kind? KindOf(ReadOnlySpan<byte> rest)
    {
        if (figures.Lists.Count > 0)
        {
            return ListHead.IsPostings(rest, figures) ? Kind.Postings : null;
        }

        if (ListHead.IsOfAllSeries(rest, figures))
        {
            return Kind.AllSeries;
        }

        return ListHead.IsLabelIndex(rest) ? Kind.LabelIndex : null;
    }

    private void Start(IndexWindow window, Kind kind)
    {
        ReadOnlySpan<byte> head = window.Rest[..HeadBytes];
        (_kind, IsInList, _last) = (kind, true, figures.FirstSeries - 1);
        _bytesLeft = Word(head, 0) - (long)CrcBytes;
        _crc = Crc32C.Start();
        _crc.Append(head[4..]);
        if (kind != Kind.LabelIndex)
        {
            figures.AllSeriesList = kind == Kind.AllSeries ? window.Position : figures.AllSeriesList;
            figures.Lists.Add((ulong)window.Position);
        }

        window.Skip(HeadBytes);
    }

    private bool TryTakeList(IndexWindow window)
    {
        int count = (int)Math.Min(window.Rest.Length, _bytesLeft) & ~3;
        ReadOnlySpan<byte> words = window.Rest[..count];
        _crc.Append(words);
        if (_kind != Kind.LabelIndex)
        {
            TakeSeries(words);
        }

        window.Skip(count);
        _bytesLeft -= count;
        if (_bytesLeft > 0 || window.Rest.Length < CrcBytes)
        {
            return false;
        }

        if (_kind != Kind.LabelIndex)
        {
            TryCompare(window, _crc, "a postings list");
            JudgeEnd();
        }
        else
        {
            NoteChecksum(window);
        }

        IsInList = false;
        return true;
    }

    private void TakeSeries(ReadOnlySpan<byte> words)
    {
        long last = _last;
        int step = figures.SeriesStep;
        for (; words.Length >= 4; words = words[4..])
        {
            long series = (long)BinaryPrimitives.ReadUInt32BigEndian(words) * step;
            if (series <= last)
            {
                throw Damage("a postings list does not ascend, or leads out of the series");
            }

            last = series;
            if (_kind == Kind.AllSeries)
            {
                _series.Add((ulong)series);
            }
        }

        _last = last;
    }

    private void JudgeEnd()
    {
        if (_last > figures.LastSeries)
        {
            throw Damage("a postings list leads out of the series");
        }

        if (_kind == Kind.AllSeries && _series != figures.Series)
        {
            throw Damage("the list of all series names others than there are");
        }
    }

    private void NoteChecksum(IndexWindow window)
    {
        if (Word(window.Rest, 0) != _crc.Value)
        {
            figures.Notes.Add("its label indices, which Prometheus does not read, are damaged");
        }

        window.Skip(CrcBytes);
    }
}
