using System.Buffers.Binary;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks.Index;

/// <summary>Judges one section of an index.</summary>
internal abstract class IndexSection(string name)
{
    protected const int CrcBytes = 4;

    public string Name => name;

    /// <summary>Judges what the window holds, and skips it.</summary>
    /// <returns>The next section; this one if it needs more bytes.</returns>
    /// <exception cref="InvalidDataException">Prometheus would fail at this.</exception>
    public abstract IndexSection Take(IndexWindow window);

    /// <summary>The number of bytes up to the next multiple.</summary>
    protected static int Padding(long position, int alignment) => (int)(-position & (alignment - 1));

    protected static uint Word(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);

    protected static InvalidDataException Damage(string what) => new($"index: {what}");

    /// <returns>False if the checksum is not in the window yet.</returns>
    protected static bool TryCompare(IndexWindow window, Crc32C crc, string part)
    {
        if (window.Rest.Length < CrcBytes)
        {
            return false;
        }

        if (Word(window.Rest, 0) != crc.Value)
        {
            throw Damage($"the checksum of {part} does not match");
        }

        window.Skip(CrcBytes);
        return true;
    }
}

/// <summary>What follows the last section. Prometheus looks only at the table of contents there.</summary>
internal sealed class IndexEnd() : IndexSection("its end")
{
    public override IndexSection Take(IndexWindow window)
    {
        window.Skip(window.Rest.Length);
        return this;
    }
}
