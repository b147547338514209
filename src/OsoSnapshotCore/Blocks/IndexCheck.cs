using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Checks a block's <c>index</c>: the header, and the table of contents at its end with its checksum. Source:
/// prometheus/tsdb/docs/format/index.md.
/// </summary>
internal sealed class IndexCheck() : FramedFileCheck(
    "index",
    magic: 0xBAAAD700,
    versions: [1, 2, 3],
    headerLength: 5,
    tailLength: TocLength)
{
    // The table has six references of 8 bytes and a CRC-32C.
    private const int TocLength = 52;

    public override void Finish()
    {
        base.Finish();
        Compare(Crc32C.Of(Tail[..^4]), Tail[^4..], "its table of contents");
    }

    protected override void Body(ReadOnlySpan<byte> bytes)
    {
    }
}
