using System.Security.Cryptography;

namespace OsoSnapshotCore.Streams;

/// <summary>Keeps the first and the last bytes of what is read, and sums all of it if a hash is given.</summary>
internal sealed class ReadTap(Stream source, IncrementalHash? hash = null) : ReadStream
{
    private readonly byte[] _first = new byte[10];
    private readonly byte[] _last = new byte[8];
    private int _firstFilled;

    /// <summary>The first bytes; zeros if there are fewer.</summary>
    public ReadOnlySpan<byte> First => _first;

    /// <summary>The last bytes, with zeros before them if there are fewer.</summary>
    public ReadOnlySpan<byte> Last => _last;

    public bool IsEmpty => _firstFilled == 0;

    public override int Read(Span<byte> buffer)
    {
        int count = source.Read(buffer);
        ReadOnlySpan<byte> bytes = buffer[..count];
        hash?.AppendData(bytes);

        int missing = Math.Min(count, _first.Length - _firstFilled);
        bytes[..missing].CopyTo(_first.AsSpan(_firstFilled));
        _firstFilled += missing;

        int kept = Math.Max(0, _last.Length - count);
        _last.AsSpan(_last.Length - kept).CopyTo(_last);
        bytes[Math.Max(0, count - _last.Length)..].CopyTo(_last.AsSpan(kept));
        return count;
    }
}
