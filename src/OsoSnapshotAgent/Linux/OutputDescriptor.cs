using OsoSnapshotCore.Files.Linux;


namespace OsoSnapshotAgent.Linux;

/// <summary>Writes to an open descriptor without ever waiting long.</summary>
internal static class OutputDescriptor
{
    public const int StandardOutput = 1;

    // PIPE_BUF: poll(2) calls a pipe writable if it takes this many bytes without blocking, pipe(7).
    private const int PieceBytes = 4096;
    // F_SETPIPE_SZ: fcntl(2).
    private const int SetPipeSize = 1031;
    private const int PollMilliseconds = 100;

    /// <summary>
    /// Lets a pipe hold a megabyte, so that writer and reader wait less for each other. Another descriptor stays as it
    /// is.
    /// </summary>
    public static void Widen(int descriptor) => _ = LibC.FileControl(descriptor, SetPipeSize, 1 << 20);

    public static bool IsTerminal(int descriptor) => LibC.IsTerminal(descriptor) == 1;

    /// <param name="mayBlock">Whether to wait for the reader as long as it takes. That is much faster.</param>
    /// <returns>The number of bytes that were taken; 0 if there is no room yet; null if the reader went away.</returns>
    /// <exception cref="IOException">Another error occurred.</exception>
    public static int? TryWrite(int descriptor, ReadOnlySpan<byte> bytes, bool mayBlock)
    {
        if (!mayBlock)
        {
            return Poll(descriptor) ? Write(descriptor, bytes[..Math.Min(bytes.Length, PieceBytes)]) : 0;
        }

        int? count = Write(descriptor, bytes);
        if (count == 0)
        {
            // Another process may have made the descriptor's open file non-blocking.
            Poll(descriptor);
        }

        return count;
    }

    private static unsafe bool Poll(int descriptor)
    {
        LibC.PollRequest request = new() { Descriptor = descriptor, Events = LibC.PollOut };
        return LibC.Poll(&request, 1, PollMilliseconds) > 0;
    }

    private static unsafe int? Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint count = LibC.Write(descriptor, start, (nuint)bytes.Length);
            int error = Errno.Last;
            return count >= 0 ? (int)count : error switch
            {
                Errno.Interrupted or Errno.WouldBlock => 0,
                Errno.BrokenPipe => null,
                _ => throw new IOException($"the output can't be written: {Errno.LastText}", error),
            };
        }
    }
}
