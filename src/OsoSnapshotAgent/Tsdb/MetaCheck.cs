using System.Buffers;
using OsoSnapshotAgent.Linux;

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
            throw TooLong();
        }

        _json.Write(bytes);
    }

    public override void Finish() => Meta = BlockMeta.Parse(_json.WrittenSpan);

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="IOException">It can't be read, or it is no file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static BlockMeta Read(DirectoryHandle directory, string path)
    {
        using FileStream file = directory.OpenFile(path);
        if (file.Length > MostBytes)
        {
            throw TooLong();
        }

        byte[] json = new byte[file.Length];
        file.ReadExactly(json);
        return BlockMeta.Parse(json);
    }

    private static InvalidDataException TooLong() => new($"meta.json is longer than {MostBytes} bytes");
}
