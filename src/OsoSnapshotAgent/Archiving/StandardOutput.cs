using OsoSnapshotAgent.Linux;
using OsoSnapshotCore;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Archiving;

/// <summary>Writes the archive to standard output. It waits for the reader until the token is cancelled.</summary>
/// <param name="token">A token that can't be cancelled lets a signal end the process in the middle of a write.</param>
internal sealed class StandardOutput(
    CancellationToken token,
    int descriptor = OutputDescriptor.StandardOutput) : WriteStream
{
    /// <summary>A buffer of this size makes copying as fast as it gets.</summary>
    public const int BufferBytes = 256 * 1024;

    private long _bytesWritten;

    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>: standard output is a
    /// terminal.</exception>
    public static void RefuseTerminal()
    {
        if (OutputDescriptor.IsTerminal(OutputDescriptor.StandardOutput))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                "Standard output is a terminal, which would change the archive's bytes.",
                "Redirect it, and use kubectl exec without -t.");
        }
    }

    /// <exception cref="OperatorException">With <see cref="ExitStatus.ReaderGone"/>.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            token.ThrowIfCancellationRequested();
            bool mayBlock = !token.CanBeCanceled;
            int count = OutputDescriptor.TryWrite(descriptor, buffer, mayBlock) ?? throw new OperatorException(
                ExitStatus.ReaderGone,
                $"The reader of standard output went away after at most {_bytesWritten} bytes. The copy is incomplete.",
                "Look at the reader's end (a full disk, a broken connection). Resume the copy of a finished archive where it ends:"
                + " oso-snapshot export --offset BYTES.");
            _bytesWritten += count;
            buffer = buffer[count..];
        }
    }
}
