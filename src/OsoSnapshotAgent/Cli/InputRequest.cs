using System.Globalization;

namespace OsoSnapshotAgent.Cli;

/// <summary>Reads a request after its length: a line with the number of bytes, and then so many bytes.</summary>
internal static class InputRequest
{
    // The decimal digits of a limit of some MiB, and the newline.
    private const int MaxHeadBytes = 8;

    /// <returns>null if the input is no request. It never reads beyond the request.</returns>
    public static byte[]? Read(Stream input, int maxBytes)
    {
        Span<byte> head = stackalloc byte[MaxHeadBytes];
        for (int count = 0; count < head.Length && input.Read(head.Slice(count, 1)) == 1; count++)
        {
            if (head[count] == '\n')
            {
                return int.TryParse(head[..count], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                    && length <= maxBytes ? ReadContent(input, length) : null;
            }
        }

        return null;
    }

    private static byte[]? ReadContent(Stream input, int length)
    {
        byte[] content = new byte[length];
        return input.ReadAtLeast(content, length, throwOnEndOfStream: false) == length ? content : null;
    }
}
