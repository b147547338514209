using System.Text;
using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Output;

/// <summary>
/// Writes to standard output without making the run wait. A client that is attached but stopped would block writes
/// forever. So another thread writes, and lines over a limit are dropped.
/// </summary>
internal sealed class ConsoleOutput : IDisposable
{
    private const int MaxPendingBytes = 1024 * 1024;
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(2);

    private readonly Queue<byte[]> _pending = new();
    private readonly Thread _writer;
    private int _pendingBytes;
    private long _dropped;
    private bool _writing;
    private bool _closed;
    private bool _progressShown;

    private readonly Writer _write;
    private readonly RunLog? _log;

    public ConsoleOutput()
        : this(Terminal.Write)
    {
    }

    /// <param name="write">Writes the bytes, and may block.</param>
    /// <param name="log">Gets each line too.</param>
    internal ConsoleOutput(Writer write, RunLog? log = null)
    {
        (_write, _log) = (write, log);
        _writer = new Thread(WriteAll) { IsBackground = true, Name = "console" };
        _writer.Start();
    }

    /// <summary>Writes all bytes.</summary>
    /// <returns>false if the reader went away.</returns>
    internal delegate bool Writer(ReadOnlySpan<byte> bytes);

    public void WriteLine(string line)
    {
        _log?.Add(line);
        Enqueue(line + "\n", isProgress: false);
    }

    /// <summary>Shows a line that the next one replaces, on a terminal.</summary>
    public void ShowProgress(string line) => Enqueue("\r" + line + "\x1b[K", isProgress: true);

    /// <summary>Writes a long text, as fast as the reader takes it.</summary>
    public void WriteAtReadersPace(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            WriteLine(line);
            lock (_pending)
            {
                while (_pendingBytes > MaxPendingBytes / 2)
                {
                    if (!Monitor.Wait(_pending, StallTimeout))
                    {
                        return;
                    }
                }
            }
        }
    }

    /// <summary>Waits until everything is written, or until nothing was written for two seconds.</summary>
    public void Drain()
    {
        lock (_pending)
        {
            while (_pending.Count > 0 || _writing)
            {
                if (!Monitor.Wait(_pending, StallTimeout))
                {
                    return;
                }
            }
        }
    }

    public void Dispose()
    {
        Drain();
        lock (_pending)
        {
            _closed = true;
            Monitor.PulseAll(_pending);
        }
    }

    private void Enqueue(string text, bool isProgress)
    {
        lock (_pending)
        {
            // The line first deletes a progress line from the terminal.
            byte[] bytes = Encoding.UTF8.GetBytes(_progressShown && !isProgress ? "\r\x1b[K" + text : text);
            if (_closed || _pendingBytes + bytes.Length > MaxPendingBytes)
            {
                _dropped += isProgress ? 0 : 1;
                return;
            }

            if (_dropped > 0)
            {
                Add(
                    Encoding.UTF8.GetBytes(
                        $"({_dropped} lines were not shown here because the terminal was not read; snapshots.log has them)\n"));
                _dropped = 0;
            }

            _progressShown = isProgress;
            Add(bytes);
        }
    }

    private void Add(byte[] bytes)
    {
        _pending.Enqueue(bytes);
        _pendingBytes += bytes.Length;
        Monitor.PulseAll(_pending);
    }

    private void WriteAll()
    {
        while (true)
        {
            byte[] bytes;
            lock (_pending)
            {
                while (_pending.Count == 0)
                {
                    if (_closed)
                    {
                        return;
                    }

                    Monitor.Wait(_pending);
                }

                bytes = _pending.Dequeue();
                _writing = true;
            }

            bool isOpen = _write(bytes);
            lock (_pending)
            {
                _writing = false;
                _pendingBytes -= bytes.Length;
                if (!isOpen)
                {
                    _closed = true;
                    _pending.Clear();
                    _pendingBytes = 0;
                }

                Monitor.PulseAll(_pending);
            }
        }
    }
}
