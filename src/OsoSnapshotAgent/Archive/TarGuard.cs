namespace OsoSnapshotAgent.Archive;

/// <summary>
/// A tar on its way to System.Formats.Tar, which allocates what the header of a long name or of pax records claims, up to 2 GiB, before it
/// reads a byte of it. Blocks of file content count as headers too where they have the sum of one; Prometheus writes none that do.
/// </summary>
internal sealed class TarGuard(Stream source) : ReadStream
{
    private const int BlockBytes = 512;
    private const long MostExtendedBytes = 1024 * 1024;

    private readonly byte[] _block = new byte[BlockBytes];
    private int _filled;

    /// <exception cref="InvalidDataException">A header claims too much.</exception>
    public override int Read(Span<byte> buffer)
    {
        int count = source.Read(buffer);
        ReadOnlySpan<byte> bytes = buffer[..count];
        while (!bytes.IsEmpty)
        {
            int taken = Math.Min(bytes.Length, BlockBytes - _filled);
            if (taken == BlockBytes)
            {
                Check(bytes[..taken]);
            }
            else
            {
                bytes[..taken].CopyTo(_block.AsSpan(_filled));
                _filled = (_filled + taken) % BlockBytes;
                if (_filled == 0)
                {
                    Check(_block);
                }
            }

            bytes = bytes[taken..];
        }

        return count;
    }

    // The fields of a header: POSIX.1-2017, pax, "ustar Interchange Format"; L and K are GNU's long names.
    private static void Check(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> size = block.Slice(124, 12);
        if (block[156] is (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K' && (size[0] >= 0x80 || Octal(size) > MostExtendedBytes) && Sum(block) == Octal(block.Slice(148, 8)))
        {
            throw new InvalidDataException($"a tar header claims more than {MostExtendedBytes} bytes for a name");
        }
    }

    private static long Octal(ReadOnlySpan<byte> field)
    {
        long number = 0;
        foreach (byte digit in field)
        {
            number = digit is >= (byte)'0' and <= (byte)'7' ? (number * 8) + digit - '0' : number;
        }

        return number;
    }

    // Of all bytes, with spaces in the sum's own place.
    private static long Sum(ReadOnlySpan<byte> block)
    {
        long sum = 8 * ' ';
        for (int i = 0; i < block.Length; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : block[i];
        }

        return sum;
    }
}
