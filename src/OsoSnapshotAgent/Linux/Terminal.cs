using OsoSnapshotCore.Files.Linux;

namespace OsoSnapshotAgent.Linux;

/// <summary>The controlling terminal on standard input and output, if there is one.</summary>
internal sealed class Terminal
{
    private const int Input = 0;
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>
    /// True if both standard input and output are a terminal, as <c>kubectl debug -it</c> makes them.
    /// </summary>
    public bool IsInteractive { get; init; } = LibC.IsTerminal(Input) == 1 && LibC.IsTerminal(Output) == 1;

    /// <summary>
    /// The width in columns; 80 if the terminal has no size, as under kubectl until a client attaches.
    /// </summary>
    public unsafe int Columns
    {
        get
        {
            ushort* size = stackalloc ushort[4];
            return LibC.WindowSize(Output, LibC.GetWindowSize, size) == 0 && size[1] > 0 ? size[1] : 80;
        }
    }

    /// <summary>Drops what was typed so far.</summary>
    public static void DropPendingInput() => _ = LibC.TerminalFlush(Input, LibC.FlushInput);

    /// <summary>
    /// Waits at most <paramref name="timeout"/> for a line. After the end of input or a hang-up, it waits for the whole
    /// timeout.
    /// </summary>
    public unsafe bool WaitForEnter(TimeSpan timeout)
    {
        LibC.PollRequest request = new() { Descriptor = Input, Events = LibC.PollIn };
        if (LibC.Poll(&request, 1, (int)timeout.TotalMilliseconds) <= 0)
        {
            return false;
        }

        byte* buffer = stackalloc byte[256];
        nint count = LibC.Read(Input, buffer, 256);
        if (count <= 0)
        {
            // A closed terminal is always readable: without the sleep, the caller's loop would use a whole CPU.
            Thread.Sleep(timeout);
            return false;
        }

        return new ReadOnlySpan<byte>(buffer, (int)count).IndexOfAny((byte)'\n', (byte)'\r') >= 0;
    }

    /// <summary>Writes all bytes to standard output. It blocks while the reader takes none.</summary>
    /// <returns>false if the reader went away.</returns>
    public static bool Write(ReadOnlySpan<byte> bytes) => Write(Output, bytes);

    /// <summary>Writes all bytes to standard error, in the same way.</summary>
    public static bool WriteToError(ReadOnlySpan<byte> bytes) => Write(Error, bytes);

    private static unsafe bool Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nuint done = 0;
            while (done < (nuint)bytes.Length)
            {
                nint count = LibC.Write(descriptor, start + done, (nuint)bytes.Length - done);
                if (count >= 0)
                {
                    done += (nuint)count;
                    continue;
                }

                switch (Errno.Last)
                {
                    case Errno.Interrupted:
                        break;
                    case Errno.WouldBlock:
                        LibC.PollRequest request = new() { Descriptor = descriptor, Events = LibC.PollOut };
                        _ = LibC.Poll(&request, 1, -1);
                        break;
                    default:
                        return false;
                }
            }
        }

        return true;
    }
}
