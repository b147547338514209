using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>Judges the symbols: their number, and each with its length before it.</summary>
internal sealed class SymbolSection(IndexFigures figures, IChunkReferences references) : IndexSection("its symbols")
{
    private const int LengthBytes = 4;
    private const int CountBytes = 4;

    private Crc32C _crc = Crc32C.Start();
    private bool _isStarted;
    private long _left;
    private long _symbolsLeft;
    private long _symbolBytesLeft;

    public override IndexSection Take(IndexWindow window)
    {
        if (!_isStarted && !TryStart(window))
        {
            return this;
        }

        TakeSymbols(window);
        return _left == 0 && TryCompare(window, _crc, "its symbols") ? new SeriesSection(figures, references) : this;
    }

    private bool TryStart(IndexWindow window)
    {
        int start = SectionStart.Find(window.Rest, window.IsLast);
        if (start < 0 || window.Rest.Length < start + LengthBytes + CountBytes)
        {
            return false;
        }

        window.Skip(start);
        figures.SymbolTable = window.Position;
        ReadOnlySpan<byte> rest = window.Rest;
        _left = Word(rest, 0) - (long)CountBytes;
        _symbolsLeft = Word(rest, LengthBytes);
        if (_left < _symbolsLeft)
        {
            throw Damage("its symbols are more than their bytes");
        }

        _crc.Append(rest.Slice(LengthBytes, CountBytes));
        ulong first = (ulong)window.Position + LengthBytes + CountBytes;
        figures.Symbols = figures.Version == 1 ? (first, first + (ulong)_left) : (0, (ulong)_symbolsLeft);
        window.Skip(LengthBytes + CountBytes);
        return _isStarted = true;
    }

    private void TakeSymbols(IndexWindow window)
    {
        ReadOnlySpan<byte> rest = window.Rest;
        rest = rest[..(int)Math.Min(rest.Length, _left)];
        int at = 0;
        while (at < rest.Length)
        {
            if (_symbolBytesLeft > 0)
            {
                int count = (int)Math.Min(_symbolBytesLeft, rest.Length - at);
                (at, _symbolBytesLeft) = (at + count, _symbolBytesLeft - count);
            }
            else if (_symbolsLeft == 0)
            {
                // Prometheus reads no further.
                _symbolBytesLeft = _left - at;
            }
            else
            {
                int length = TakeLength(rest[at..], _left - at);
                if (length == 0)
                {
                    break;
                }

                at += length;
            }
        }

        _crc.Append(rest[..at]);
        _left -= at;
        window.Skip(at);
        if (_left == 0 && _symbolsLeft > 0)
        {
            throw Damage("it has fewer symbols than it says");
        }
    }

    /// <returns>The bytes of a symbol's length; 0 if more bytes are needed.</returns>
    private int TakeLength(ReadOnlySpan<byte> rest, long left)
    {
        int length = Varint.TryRead(rest, out ulong bytes);
        if (length == 0 && rest.Length < left)
        {
            return 0;
        }

        if (length <= 0 || bytes > (ulong)(left - length))
        {
            throw Damage("a symbol is longer than the symbols");
        }

        (_symbolBytesLeft, _symbolsLeft) = ((long)bytes, _symbolsLeft - 1);
        return length;
    }
}
