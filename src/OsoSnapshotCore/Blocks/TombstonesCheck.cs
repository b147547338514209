using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Checks a block's <c>tombstones</c>. The file ends with the checksum of everything between header and checksum.
/// Source: prometheus/tsdb/docs/format/tombstones.md.
/// </summary>
internal sealed class TombstonesCheck() : FramedFileCheck(
    "tombstones",
    magic: 0x0130BA30,
    versions: [1],
    headerLength: 5,
    tailLength: 4)
{
    private Crc32C _crc = Crc32C.Start();

    public override void Finish()
    {
        base.Finish();
        Compare(_crc.Value, Tail, "its content");
    }

    protected override void Body(ReadOnlySpan<byte> bytes) => _crc.Append(bytes);
}
