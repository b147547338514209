namespace OsoSnapshotCore.Archives.Tar;

/// <summary>Reads a stream in tar's blocks of 512 bytes, and counts the position.</summary>
internal sealed class BlockSource(Stream source)
{
    public const int TarBlockSize = 512;

    /// <summary>In bytes from the start.</summary>
    public long Position { get; private set; }

    /// <returns>The number of zero bytes that follow a content of this size.</returns>
    public static int PaddingAfter(long size) => (int)(-size & (TarBlockSize - 1));

    public int Read(Span<byte> buffer)
    {
        int count = source.Read(buffer);
        Position += count;
        return count;
    }

    /// <summary>Reads the rest of the stream.</summary>
    /// <param name="buffer">Memory for the reading.</param>
    public bool HoldsOnlyZeros(Span<byte> buffer)
    {
        int count;
        while ((count = Read(buffer)) > 0)
        {
            if (buffer[..count].ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    /// <returns>The number of bytes read. It is smaller than the buffer only at the end of the stream.</returns>
    public int ReadFully(Span<byte> buffer)
    {
        int count = source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        Position += count;
        return count;
    }
}
