namespace OsoSnapshotCore.Streams;

/// <summary>The CRC-32 of gzip (RFC 1952, section 8), fed piece by piece.</summary>
internal sealed class Crc32
{
    // ISA-L is some three times as fast. Without it, the sum is the framework's.
    private readonly System.IO.Hashing.Crc32? _hash = IsalLibrary.Instance is null ? new() : null;
    private uint _value;

    public uint Value => _hash?.GetCurrentHashAsUInt32() ?? _value;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_hash is not null)
        {
            _hash.Append(bytes);
        }
        else
        {
            _value = IsalLibrary.Instance!.Crc32(_value, bytes);
        }
    }
}
