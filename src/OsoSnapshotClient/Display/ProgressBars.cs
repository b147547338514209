using System.Text;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Display;

/// <summary>
/// Draws the bars of all pods at the terminal's foot, below all written lines. The terminal must know only "erase to
/// the end" and "cursor up" (ECMA-48, ED and CUU).
/// </summary>
internal sealed class ProgressBars : IAsyncDisposable
{
    private const int Columns = 30;
    private const int UsualWidth = 80;
    private const string EraseBelow = "\e[J";
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(0.2);

    private readonly object _lock = new();
    private readonly SortedDictionary<string, (string Text, PodProgress Progress)> _bars = new(StringComparer.Ordinal);
    private readonly TextWriter _terminal;
    private readonly bool _ascii;
    private readonly ITimer _timer;
    private int _drawn;

    public ProgressBars(TextWriter terminal, bool ascii, TimeProvider time)
    {
        (_terminal, _ascii) = (terminal, ascii);
        _timer = time.CreateTimer(_ => Redraw(string.Empty, onlyBars: true), state: null, Refresh, Refresh);
    }

    /// <param name="lines">Written without wrapping, so that a command in them can be copied.</param>
    public void Write(string lines) => Redraw(Printable.Text(lines, keepsLines: true) + "\n", onlyBars: false);

    public void Show(string pod, string text, PodProgress progress)
    {
        lock (_lock)
        {
            _bars[pod] = (text, progress);
        }
    }

    public void Hide(string pod)
    {
        lock (_lock)
        {
            _bars.Remove(pod);
            Redraw(string.Empty, onlyBars: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        lock (_lock)
        {
            _bars.Clear();
            Redraw(string.Empty, onlyBars: true);
        }
    }

    private void Redraw(string above, bool onlyBars)
    {
        lock (_lock)
        {
            if (onlyBars && _drawn == 0 && _bars.Count == 0)
            {
                return;
            }

            StringBuilder screen = new();
            if (_drawn > 0)
            {
                screen.Append('\r').Append(_drawn > 1 ? $"\e[{_drawn - 1}A" : string.Empty).Append(EraseBelow);
            }

            screen.Append(above).AppendJoin('\n', _bars.Values.Select(Draw));
            _drawn = _bars.Count;
            _terminal.Write(screen.ToString());
        }
    }

    private string Draw((string Text, PodProgress Progress) bar)
    {
        string line = Printable.Line(bar.Text);
        if (bar.Progress.TotalBytes is { } total)
        {
            double share = total == 0 ? 1 : Math.Clamp((double)bar.Progress.DoneBytes / total, 0, 1);
            int filled = (int)(Columns * share);
            (char full, char empty) = _ascii ? ('#', '.') : ('━', '─');
            line = $"{new string(full, filled)}{new string(empty, Columns - filled)} {line}";
        }

        // A bar that reached the last column would take two lines.
        return line[..Math.Min(line.Length, Width() - 1)];
    }

    private static int Width()
    {
        try
        {
            return Console.WindowWidth > 1 ? Console.WindowWidth : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }
}
