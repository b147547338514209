using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Checks a block's <c>tombstones</c>. The file ends with the checksum of everything between header and checksum, which
/// is three numbers for each deletion: the series, the start and the end. Source:
/// prometheus/tsdb/docs/format/tombstones.md.
/// </summary>
internal sealed class TombstonesCheck() : FramedFileCheck(
    FileName,
    magic: 0x0130BA30,
    versions: [1],
    headerLength: 5,
    tailLength: 4)
{
    public const string FileName = "tombstones";

    private Crc32C _crc = Crc32C.Start();
    private int _numbers;
    private int _numberBytes;
    private bool _isMisshapen;

    public override void Finish()
    {
        base.Finish();
        Compare(_crc.Value, Tail, "its content");
        if (_isMisshapen || _numberBytes > 0 || _numbers != 0)
        {
            throw new InvalidDataException("tombstones holds something other than deletions");
        }
    }

    protected override void Body(ReadOnlySpan<byte> bytes)
    {
        _crc.Append(bytes);
        foreach (byte value in bytes)
        {
            _isMisshapen |= _numberBytes >= Varint.MaxBytes || (_numberBytes == Varint.MaxBytes - 1 && value > 1);
            if (value < 0x80)
            {
                (_numberBytes, _numbers) = (0, (_numbers + 1) % 3);
            }
            else
            {
                // A run of such bytes may be as long as the file.
                _numberBytes = Math.Min(_numberBytes + 1, Varint.MaxBytes);
            }
        }
    }
}
