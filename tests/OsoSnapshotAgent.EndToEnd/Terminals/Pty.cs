using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Terminals;

/// <summary>
/// A real pseudo terminal. The test has the master, as kubectl's stream has, and the agent has the other side.
/// </summary>
internal sealed class Pty : IDisposable
{
    // Closing the master does not interrupt a read, so a read begins only if there is something to read.
    private const int PollMilliseconds = 20;

    private readonly SafeFileHandle _master;
    private readonly Thread _reader;
    private readonly ManualResetEventSlim _reading = new(initialState: true);
    private readonly Lock _lock = new();
    private readonly StringBuilder _screen = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hungUp;

    public Pty()
    {
        _master = TerminalNative.OpenMaster(TerminalNative.ReadWrite | TerminalNative.NoControllingTerminal | TerminalNative.CloseOnExec);
        Check(_master.IsInvalid ? -1 : 0, "posix_openpt");
        Check(TerminalNative.Grant(_master), "grantpt");
        Check(TerminalNative.Unlock(_master), "unlockpt");
        Path = SlaveName();
        _reader = new Thread(ReadUntilHungUp) { IsBackground = true, Name = "pty " + Path };
        _reader.Start();
    }

    /// <summary>The path of the agent's side.</summary>
    public string Path { get; }

    /// <summary>The whole output so far, unchanged: with carriage returns and escape sequences.</summary>
    public string Screen
    {
        get
        {
            lock (_lock)
            {
                return _screen.ToString();
            }
        }
    }

    public void Type(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Check((int)TerminalNative.Write(_master, bytes, (nuint)bytes.Length), "write");
    }

    public void PressEnter() => Type("\r");

    /// <summary>Resizes the terminal. The kernel sends the agent SIGWINCH, as it does when a client attaches.</summary>
    public void Resize(int rows, int columns)
    {
        var size = new TerminalNative.WindowSize { Rows = (ushort)rows, Columns = (ushort)columns };
        Check(TerminalNative.Control(_master, TerminalNative.SetWindowSize, size), "ioctl TIOCSWINSZ");
    }

    /// <summary>
    /// Stops reading, as a stopped client does. Further output fills the terminal's buffer and then blocks the agent.
    /// </summary>
    public void StopReading() => _reading.Reset();

    public void ResumeReading() => _reading.Set();

    /// <summary>Closes the master: the kernel sends SIGHUP, and the agent's reads fail.</summary>
    public void HangUp()
    {
        if (!_hungUp)
        {
            _hungUp = true;
            _reading.Set();
            _reader.Join();
            _master.Dispose();
        }
    }

    /// <summary>Waits until the text has been printed <paramref name="times"/> times.</summary>
    public async Task<string> WaitForAsync(string text, int times = 1, TimeSpan? deadline = null)
    {
        using var limit = new CancellationTokenSource(deadline ?? Eventually.Deadline);
        while (true)
        {
            Task changed = NextChange();
            string screen = Screen;
            if (screen.Split(text).Length > times)
            {
                return screen;
            }

            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"'{text}' was not printed {times} times. The screen:\n{Screen}");
            }
        }
    }

    public void Dispose()
    {
        HangUp();
        _reading.Dispose();
    }

    private Task NextChange()
    {
        lock (_lock)
        {
            return _changed.Task;
        }
    }

    private void ReadUntilHungUp()
    {
        byte[] buffer = new byte[4096];
        char[] characters = new char[buffer.Length];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        while (!_hungUp)
        {
            _reading.Wait();
            int count = ReadSome(buffer);
            if (count > 0)
            {
                Append(characters.AsSpan(0, decoder.GetChars(buffer, 0, count, characters, 0)));
            }
        }
    }

    private int ReadSome(byte[] buffer)
    {
        var entry = new TerminalNative.PollEntry { Descriptor = (int)_master.DangerousGetHandle(), Wanted = TerminalNative.Readable };
        if (TerminalNative.Poll(ref entry, 1, PollMilliseconds) <= 0)
        {
            return 0;
        }

        if ((entry.Happened & TerminalNative.Readable) == 0)
        {
            // POLLHUP without POLLIN means that nobody has the other side open, or not yet. poll then returns at once.
            Thread.Sleep(PollMilliseconds);
            return 0;
        }

        return (int)TerminalNative.Read(_master, buffer, (nuint)buffer.Length);
    }

    private void Append(ReadOnlySpan<char> text)
    {
        lock (_lock)
        {
            _screen.Append(text);
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private string SlaveName()
    {
        byte[] name = new byte[64];
        Check(TerminalNative.NameOfSlave(_master, name, (nuint)name.Length), "ptsname_r");
        return Encoding.ASCII.GetString(name).TrimEnd('\0');
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }
}
