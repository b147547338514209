using System.Buffers;

namespace OsoSnapshotAgent.Tsdb;

/// <summary>Gathers a <c>meta.json</c> and parses it.</summary>
internal sealed class MetaCheck : BlockFileCheck
{
    // Compaction lists its sources in it: some hundred bytes each.
    private const int MostBytes = 4 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _json = new();

    public BlockMeta? Meta { get; private set; }

    public override void Append(ReadOnlySpan<byte> bytes)
    {
        if (_json.WrittenCount + bytes.Length > MostBytes)
        {
            throw new InvalidDataException($"meta.json is longer than {MostBytes} bytes");
        }

        _json.Write(bytes);
    }

    public override void Finish() => Meta = BlockMeta.Parse(_json.WrittenSpan);
}
