using System.Buffers;
using System.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>Reads what a command in a container prints. It may be hostile, so nothing is without end.</summary>
internal static class RemoteText
{
    /// <summary>The limit of one answer. An agent's list of 10,000 blocks has some 2 MiB.</summary>
    public const int MaxBytes = 4 << 20;

    private const int MaxErrorBytes = 64 << 10;
    private const int BufferBytes = 16 << 10;

    /// <summary>Reads standard error to its end, so that the command never waits for room; keeps the start.</summary>
    public static Task<string> ReadAsync(Stream error) => ReadAsync(error, MaxErrorBytes, () => { }, isDrained: true);

    /// <summary>Reads to the end of the stream or of the connection, or until the limit is reached.</summary>
    /// <param name="heard">Is called after each piece.</param>
    /// <param name="isDrained">Whether what is over the limit is read too, and dropped.</param>
    public static async Task<string> ReadAsync(Stream stream, int maxBytes, Action heard, bool isDrained = false)
    {
        ArrayBufferWriter<byte> kept = new();
        byte[] buffer = new byte[BufferBytes];
        int count;
        try
        {
            while ((count = await stream.ReadAsync(buffer)) > 0)
            {
                heard();
                kept.Write(buffer.AsSpan(0, Math.Min(count, maxBytes - kept.WrittenCount)));
                if (kept.WrittenCount == maxBytes && !isDrained)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The connection broke: the end of the process says why.
        }

        return Encoding.UTF8.GetString(kept.WrittenSpan);
    }
}
