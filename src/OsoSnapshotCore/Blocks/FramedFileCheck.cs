using System.Buffers.Binary;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Checks a file that starts with a magic number and a version byte. Its last part is checked when the file has ended.
/// </summary>
internal abstract class FramedFileCheck(
    string name,
    uint magic,
    byte[] versions,
    int headerLength,
    int tailLength) : BlockFileCheck
{
    private readonly byte[] _header = new byte[headerLength];
    private readonly byte[] _tail = new byte[tailLength];
    private int _tailFilled;

    /// <summary>The number of bytes seen so far.</summary>
    protected long Length { get; private set; }

    /// <summary>The version, after the header was seen.</summary>
    protected byte Version => _header[4];

    /// <summary>The last bytes seen, up to the length of the tail.</summary>
    protected ReadOnlySpan<byte> Tail => _tail.AsSpan(0, _tailFilled);

    public sealed override void Append(ReadOnlySpan<byte> bytes)
    {
        if (Length < _header.Length)
        {
            ReadOnlySpan<byte> start = bytes[..(int)Math.Min(bytes.Length, _header.Length - Length)];
            start.CopyTo(_header.AsSpan((int)Length));
            Length += start.Length;
            bytes = bytes[start.Length..];
            if (Length == _header.Length)
            {
                CheckHeader();
            }
        }

        Length += bytes.Length;

        // Bytes that can't belong to the tail belong to the body.
        int overflow = _tailFilled + bytes.Length - _tail.Length;
        if (overflow > 0)
        {
            int old = Math.Min(overflow, _tailFilled);
            Body(_tail.AsSpan(0, old));
            _tail.AsSpan(old, _tailFilled - old).CopyTo(_tail);
            _tailFilled -= old;
            Body(bytes[..(overflow - old)]);
            bytes = bytes[(overflow - old)..];
        }

        bytes.CopyTo(_tail.AsSpan(_tailFilled));
        _tailFilled += bytes.Length;
    }

    public override void Finish()
    {
        if (Length < _header.Length + _tail.Length)
        {
            throw new InvalidDataException($"{name} is only {Length} bytes long");
        }
    }

    /// <summary>Gets the bytes between header and tail, in order.</summary>
    protected abstract void Body(ReadOnlySpan<byte> bytes);

    /// <exception cref="InvalidDataException">The checksum at the end of a part does not match the part.</exception>
    protected void Compare(uint computed, ReadOnlySpan<byte> stored, string part)
    {
        if (BinaryPrimitives.ReadUInt32BigEndian(stored) != computed)
        {
            throw new InvalidDataException($"{name}: the checksum of {part} does not match");
        }
    }

    private void CheckHeader()
    {
        uint found = BinaryPrimitives.ReadUInt32BigEndian(_header);
        if (found != magic)
        {
            throw new InvalidDataException($"{name} starts with {found:X8} instead of {magic:X8}");
        }

        if (!versions.Contains(_header[4]))
        {
            throw new InvalidDataException($"{name} has the unknown version {_header[4]}");
        }
    }
}
