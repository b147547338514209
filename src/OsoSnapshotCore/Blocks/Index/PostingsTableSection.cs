using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>
/// Judges the offset table of the postings. An entry has the number of keys, which is 2, a label's name and value, and
/// the position of the list.
/// </summary>
internal sealed class PostingsTableSection(IndexFigures figures) : IndexSection("its postings offset table")
{
    private const int LengthBytes = 4;
    private const int CountBytes = 4;

    private Crc32C _crc = Crc32C.Start();
    private SequenceHash _lists;
    private Part _part;
    private bool _isStarted;
    private long _left;
    private long _entriesLeft;
    private long _textLeft;

    private enum Part
    {
        Keys,
        Name,
        Value,
        Position,
    }

    public override IndexSection Take(IndexWindow window)
    {
        if (!_isStarted)
        {
            figures.PostingsTable = window.Position;
            _left = Word(window.Rest, 0) - (long)CountBytes;
            _entriesLeft = Word(window.Rest, LengthBytes);
            _crc.Append(window.Rest.Slice(LengthBytes, CountBytes));
            window.Skip(LengthBytes + CountBytes);
            _isStarted = true;
        }

        TakeEntries(window);
        if (_left > 0 || !TryCompare(window, _crc, "its postings offset table"))
        {
            return this;
        }

        return _lists == figures.Lists
            ? new IndexEnd()
            : throw Damage("its postings offset table leads to other places than the postings");
    }

    private void TakeEntries(IndexWindow window)
    {
        ReadOnlySpan<byte> rest = window.Rest;
        rest = rest[..(int)Math.Clamp(_left, 0, rest.Length)];
        int at = 0;
        while (at < rest.Length)
        {
            if (_textLeft > 0)
            {
                int count = (int)Math.Min(_textLeft, rest.Length - at);
                (at, _textLeft) = (at + count, _textLeft - count);
            }
            else if (_entriesLeft == 0)
            {
                // Prometheus reads no further.
                _textLeft = _left - at;
            }
            else
            {
                int length = Varint.TryRead(rest[at..], out ulong number);
                if (length == 0 && rest.Length < _left)
                {
                    break;
                }

                if (length <= 0)
                {
                    throw Misshapen();
                }

                at += length;
                TakeNumber(number, _left - at);
            }
        }

        _crc.Append(rest[..at]);
        _left -= at;
        window.Skip(at);
    }

    private void TakeNumber(ulong number, long left)
    {
        switch (_part)
        {
            case Part.Keys when number == 2:
                _part = Part.Name;
                break;
            case Part.Name or Part.Value when number <= (ulong)left:
                _textLeft = (long)number;
                _part = _part == Part.Name ? Part.Value : Part.Position;
                break;
            case Part.Position:
                _lists.Add(number);
                _entriesLeft--;
                _part = Part.Keys;
                break;
            default:
                throw Misshapen();
        }
    }

    private static InvalidDataException Misshapen() => Damage("an entry of its postings offset table is misshapen");
}
