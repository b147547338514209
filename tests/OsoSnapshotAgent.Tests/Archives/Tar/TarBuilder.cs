using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace OsoSnapshotAgent.Tests.Archives.Tar;

/// <summary>Makes archives block by block, sound or damaged. It shares nothing with the code under test.</summary>
internal sealed class TarBuilder
{
    private readonly List<byte> _bytes = [];

    public static byte[] TwoZeroBlocks => new byte[1024];

    /// <summary>Makes a header of POSIX.1-2017, pax, "ustar Interchange Format", with the right checksum.</summary>
    /// <param name="change">A change that is made before the checksum is computed.</param>
    public static byte[] Header(string name, long size = 0, char type = '0', Action<byte[]>? change = null)
    {
        byte[] header = new byte[512];
        Encoding.UTF8.GetBytes(name).AsSpan(0, Math.Min(100, Encoding.UTF8.GetByteCount(name))).CopyTo(header);
        Text(header, 100, "0000644\0");
        Text(header, 108, "0000000\0");
        Text(header, 116, "0000000\0");
        Text(header, 124, Octal(size, 11) + "\0");
        Text(header, 136, "15051777460\0");
        header[156] = (byte)type;
        Text(header, 257, "ustar\00000");
        change?.Invoke(header);
        Sum(header);
        return header;
    }

    /// <summary>Writes the sum of a header's bytes, in which the sum's own field counts as spaces.</summary>
    public static void Sum(Span<byte> header, bool isSigned = false)
    {
        Span<byte> field = header.Slice(148, 8);
        field.Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header[..512])
        {
            sum += isSigned ? (sbyte)value : value;
        }

        Encoding.ASCII.GetBytes(Octal(sum, 6) + "\0 ").CopyTo(field);
    }

    public static void Text(Span<byte> header, int offset, string text) =>
        Encoding.Latin1.GetBytes(text).CopyTo(header[offset..]);

    /// <summary>Writes a size as GNU tar does if it is over 8 GiB.</summary>
    public static void Base256(Span<byte> header, long size, byte first = 0x80)
    {
        header.Slice(124, 12).Clear();
        header[124] = first;
        BinaryPrimitives.WriteInt64BigEndian(header[128..], size);
    }

    /// <summary>Makes a pax record: its own length in decimal, a space, "key=value" and a newline.</summary>
    public static byte[] Record(string key, string value)
    {
        byte[] rest = Encoding.UTF8.GetBytes($" {key}={value}\n");
        int length = rest.Length + 1;
        while (length != rest.Length + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length++;
        }

        return [.. Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)), .. rest];
    }

    public TarBuilder Add(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public TarBuilder AddPadded(ReadOnlySpan<byte> bytes) =>
        Add(bytes).Add(new byte[(512 - (bytes.Length % 512)) % 512]);

    public TarBuilder AddFile(string name, ReadOnlySpan<byte> content) =>
        Add(Header(name, content.Length)).AddPadded(content);

    /// <summary>Adds an extended header: of type x or g with pax records, or of type L or K with a name.</summary>
    public TarBuilder AddExtended(char type, ReadOnlySpan<byte> content) =>
        Add(Header("././@Extended", content.Length, type)).AddPadded(content);

    public byte[] End() => Add(TwoZeroBlocks).ToArray();

    public byte[] ToArray() => [.. _bytes];

    private static string Octal(long number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');
}
