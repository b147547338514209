using Spectre.Console;
using Spectre.Console.Rendering;

namespace OsoSnapshotClient.Progress;

/// <summary>
/// The bars of all pods, redrawn in place on standard error; lines that are written move them down. The only file that
/// knows Spectre.Console's live display.
/// </summary>
internal sealed class BarBoard : IAsyncDisposable
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    private readonly object _lock = new();
    private readonly SortedDictionary<string, (string Text, PodProgress Progress)> _bars = new(StringComparer.Ordinal);
    private readonly IAnsiConsole _console;
    private readonly bool _ascii;
    private readonly CancellationTokenSource _end = new();
    private readonly Queue<string> _lines = new();
    private readonly Task _display;

    public BarBoard(TextWriter terminal, bool ascii)
    {
        _ascii = ascii;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(terminal),
        });
        _display = Task.Run(DisplayAsync);
    }

    public void Write(string lines)
    {
        lock (_lock)
        {
            _lines.Enqueue(lines);
        }
    }

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
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _display;
        _end.Dispose();
    }

    private async Task DisplayAsync()
    {
        await _console.Live(Text.Empty).AutoClear(true).StartAsync(async context =>
        {
            while (!_end.IsCancellationRequested)
            {
                Update(context);
                await Task.Delay(Refresh, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            lock (_lock)
            {
                _bars.Clear();
            }

            Update(context);
        });
    }

    private void Update(LiveDisplayContext context)
    {
        lock (_lock)
        {
            bool hasLines = _lines.Count > 0;
            while (_lines.TryDequeue(out string? line))
            {
                _console.Write(new RawLines(line));
            }

            context.UpdateTarget(_bars.Count == 0 ? Text.Empty : new Rows(_bars.Values.Select(Draw)));
            if (hasLines || _bars.Count > 0)
            {
                context.Refresh();
            }
        }
    }

    /// <summary>Not wrapped at the terminal's width: a command in it can be copied.</summary>
    private sealed class RawLines(string text) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => new(0, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            text.Split('\n').SelectMany(line => (Segment[])[new(line), Segment.LineBreak]);
    }

    private IRenderable Draw((string Text, PodProgress Progress) bar)
    {
        if (bar.Progress.TotalBytes is not { } total)
        {
            return new Markup(bar.Text);
        }

        const int Columns = 30;
        int filled = total == 0 ? Columns : (int)(Columns * bar.Progress.DoneBytes / total);
        string drawn = new string(_ascii ? '#' : '━', filled) + new string(_ascii ? '.' : '─', Columns - filled);
        return new Markup($"[green]{drawn[..filled]}[/][grey]{drawn[filled..]}[/] {bar.Text}");
    }
}
