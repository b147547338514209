using System.Buffers.Binary;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>
/// Passes what lies between the postings and their offset table: the offset table of the label indices, if there are
/// some. Prometheus does not read it. The table of the postings is recognised by the number of lists and its first
/// entry, which is the list of all series.
/// </summary>
internal sealed class LabelTableSection : IndexSection
{
    private const int LengthBytes = 4;

    private readonly IndexFigures _figures;
    private readonly byte[] _head;
    private readonly byte[] _lastBytes = new byte[CrcBytes];
    private Crc32C _crc = Crc32C.Start();
    private long? _start;
    private long _length;

    public LabelTableSection(IndexFigures figures)
        : base("its offset tables")
    {
        _figures = figures;
        _head = HeadOf(figures);
    }

    public override IndexSection Take(IndexWindow window)
    {
        ReadOnlySpan<byte> rest = window.Rest;
        if (rest.Length < LengthBytes + _head.Length && !window.IsLast)
        {
            return this;
        }

        if (_start is null)
        {
            int start = SectionStart.Find(rest, window.IsLast);
            if (start < 0)
            {
                return this;
            }

            window.Skip(start);
            rest = window.Rest;
            (_start, _length) = (window.Position, rest.Length < LengthBytes ? 0 : Word(rest, 0));
        }

        int found = rest.Length < LengthBytes ? -1 : rest[LengthBytes..].IndexOf(_head);
        Pass(window, found >= 0 ? found : Math.Max(0, rest.Length - LengthBytes - _head.Length + 1));
        if (found >= 0)
        {
            Note(window.Position);
            return new PostingsTableSection(_figures);
        }

        return window.IsLast ? throw Damage("its postings offset table is missing or damaged") : this;
    }

    private static byte[] HeadOf(IndexFigures figures)
    {
        // Two keys, and two empty strings.
        List<byte> head = [0, 0, 0, 0, 2, 0, 0];
        for (ulong left = (ulong)figures.AllSeriesList; ; left >>= 7)
        {
            head.Add((byte)(left < 0x80 ? left : (left & 0x7F) | 0x80));
            if (left < 0x80)
            {
                break;
            }
        }

        byte[] bytes = [.. head];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)figures.Lists.Count);
        return bytes;
    }

    private void Pass(IndexWindow window, int count)
    {
        long offset = window.Position - _start!.Value;
        ReadOnlySpan<byte> bytes = window.Rest[..count];
        // The sum is of the content, between the length and the checksum.
        int from = (int)Math.Clamp(LengthBytes - offset, 0, count);
        int to = (int)Math.Clamp(LengthBytes + _length - offset, from, count);
        _crc.Append(bytes[from..to]);
        int kept = (int)Math.Clamp(LengthBytes + _length + CrcBytes - offset, to, count) - to;
        int before = (int)Math.Clamp(offset - LengthBytes - _length, 0, CrcBytes);
        bytes.Slice(to, Math.Min(kept, CrcBytes - before)).CopyTo(_lastBytes.AsSpan(before));
        window.Skip(count);
    }

    private void Note(long end)
    {
        bool isSound = end == _start
            || (_start + LengthBytes + _length + CrcBytes <= end && Word(_lastBytes, 0) == _crc.Value);
        if (!isSound)
        {
            _figures.Notes.Add("its label offset table, which Prometheus does not read, is damaged");
        }
    }
}
