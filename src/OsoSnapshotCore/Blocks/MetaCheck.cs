using System.Numerics;

namespace OsoSnapshotCore.Blocks;

/// <summary>Collects a <c>meta.json</c> and parses it.</summary>
internal sealed class MetaCheck : BlockFileCheck
{
    // meta.json lists the two-hour blocks of a compaction with 40 bytes each. The maximum fits six years in one
    // block.
    private const int MaxBytes = 1024 * 1024;

    private byte[] _json = new byte[4096];
    private int _length;

    public BlockMeta? Meta { get; private set; }

    /// <summary>Prepares the same buffer for the next file.</summary>
    public MetaCheck Restart()
    {
        (_length, Meta) = (0, null);
        return this;
    }

    public override void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes - _length)
        {
            throw TooLong();
        }

        if (bytes.Length > _json.Length - _length)
        {
            Array.Resize(ref _json, (int)BitOperations.RoundUpToPowerOf2((uint)(_length + bytes.Length)));
        }

        bytes.CopyTo(_json.AsSpan(_length));
        _length += bytes.Length;
    }

    public override void Finish() => Meta = BlockMeta.Parse(_json.AsSpan(0, _length));

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static BlockMeta Read(FileStream file)
    {
        if (file.Length > MaxBytes)
        {
            throw TooLong();
        }

        byte[] json = new byte[file.Length];
        file.ReadExactly(json);
        return BlockMeta.Parse(json);
    }

    private static InvalidDataException TooLong() => new($"meta.json is longer than {MaxBytes} bytes");
}
