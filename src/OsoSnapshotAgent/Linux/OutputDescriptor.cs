
namespace OsoSnapshotAgent.Linux;

/// <summary>An open file descriptor, written to without ever waiting long.</summary>
internal static class OutputDescriptor
{
    public const int StandardOutput = 1;

    // PIPE_BUF: a pipe that poll(2) calls writable takes so much without blocking, pipe(7).
    private const int PieceBytes = 4096;
    private const int PollMilliseconds = 100;

    public static bool IsTerminal(int descriptor) => LibC.IsTerminal(descriptor) == 1;

    /// <returns>How many bytes were taken; 0 where there is no room yet; null when the other end is gone.</returns>
    /// <exception cref="IOException">Any other failure.</exception>
    public static unsafe int? TryWrite(int descriptor, ReadOnlySpan<byte> bytes)
    {
        LibC.PollRequest request = new() { Descriptor = descriptor, Events = LibC.PollOut };
        if (LibC.Poll(&request, 1, PollMilliseconds) <= 0)
        {
            return 0;
        }

        fixed (byte* start = bytes)
        {
            nint count = LibC.Write(descriptor, start, (nuint)Math.Min(bytes.Length, PieceBytes));
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
