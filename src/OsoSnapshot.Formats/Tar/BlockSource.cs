namespace OsoSnapshot.Formats.Tar;

/// <summary>A stream in blocks of 512 bytes, of which tar archives are made, and the position in it.</summary>
internal sealed class BlockSource(Stream source)
{
    public const int TarBlockSize = 512;

    /// <summary>In bytes from the start.</summary>
    public long Position { get; private set; }

    /// <returns>How many bytes of zeros follow so many bytes of content.</returns>
    public static int PaddingAfter(long size) => (int)(-size & (TarBlockSize - 1));

    public int Read(Span<byte> buffer)
    {
        int count = source.Read(buffer);
        Position += count;
        return count;
    }

    /// <summary>Reads the rest.</summary>
    /// <param name="buffer">To read into.</param>
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

    /// <returns>Fewer bytes than the buffer has only at the end of the stream.</returns>
    public int ReadFully(Span<byte> buffer)
    {
        int count = source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        Position += count;
        return count;
    }
}
