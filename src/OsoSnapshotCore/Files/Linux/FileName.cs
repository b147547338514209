using System.Buffers;
using System.Text;

namespace OsoSnapshotCore.Files.Linux;

/// <summary>
/// Turns file names into text and back. A name may hold any bytes except '/' and NUL. A byte that is not UTF-8 becomes
/// a lone surrogate U+DC80 to U+DCFF, as in Python (PEP 383), so that no name is lost.
/// </summary>
internal static class FileName
{
    private const int FirstSurrogate = 0xDC00;

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool isRune = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done;
            if (isRune)
            {
                text.Append(rune);
            }
            else
            {
                length = 1;
                text.Append((char)(FirstSurrogate + bytes[0]));
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <returns>The bytes, with a NUL at the end.</returns>
    public static byte[] Encode(ReadOnlySpan<char> name)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(name.Length) + 1];
        int count = 0;
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(name, out Rune rune, out int length) == OperationStatus.Done)
            {
                count += rune.EncodeToUtf8(bytes.AsSpan(count));
            }
            else
            {
                bytes[count++] = (byte)(name[0] - FirstSurrogate);
            }

            name = name[length..];
        }

        return bytes[..(count + 1)];
    }

    public static bool IsUtf8(string name)
    {
        ReadOnlySpan<char> rest = name;
        while (Rune.DecodeFromUtf16(rest, out _, out int length) == OperationStatus.Done)
        {
            rest = rest[length..];
        }

        return rest.IsEmpty;
    }
}
