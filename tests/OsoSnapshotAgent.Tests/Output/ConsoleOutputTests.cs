using System.Text;
using OsoSnapshotAgent.Output;

namespace OsoSnapshotAgent.Tests.Output;

public sealed class ConsoleOutputTests : IDisposable
{
    private readonly StringBuilder _shown = new();
    private readonly ManualResetEventSlim _reads = new(initialState: true);
    private readonly ManualResetEventSlim _blocked = new();
    private readonly ConsoleOutput _console;
    private bool _isOpen = true;

    public ConsoleOutputTests() => _console = new(bytes =>
    {
        if (!_reads.IsSet)
        {
            _blocked.Set();
        }

        _reads.Wait();
        _shown.Append(Encoding.UTF8.GetString(bytes));
        return _isOpen;
    });

    [Fact]
    public void Shows_lines_in_order()
    {
        _console.WriteLine("one");
        _console.WriteLine("two");
        _console.Drain();

        Assert.Equal("one\ntwo\n", _shown.ToString());
    }

    [Fact]
    public void A_line_wipes_the_progress_before_it()
    {
        _console.ShowProgress("10 %");
        _console.ShowProgress("20 %");
        _console.WriteLine("done");
        _console.WriteLine("next");
        _console.Drain();

        Assert.Equal("\r10 %\u001b[K\r20 %\u001b[K\r\u001b[Kdone\nnext\n", _shown.ToString());
    }

    [Fact]
    public void Drops_what_nobody_reads_and_says_how_much()
    {
        string line = new('x', 1023);
        _reads.Reset();
        _console.WriteLine("first");
        _blocked.Wait(TestContext.Current.CancellationToken);

        // The console keeps at most 1 MiB, and its writer has one more line.
        for (int i = 0; i < 1100; i++)
        {
            _console.WriteLine(line);
        }

        _reads.Set();
        _console.Drain();
        _console.WriteLine("again");
        _console.Drain();

        string[] shown = _shown.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int kept = shown.Count(each => each == line);
        Assert.Equal(1023, kept);
        Assert.Equal(["first", $"({1100 - kept} lines were not shown here because the terminal was not read; snapshots.log has them)", "again"], shown.Where(each => each != line));
    }

    [Fact]
    public void A_whole_text_is_shown_to_a_slow_reader_without_a_loss()
    {
        string[] lines = [.. Enumerable.Range(0, 5000).Select(i => $"{i} {new string('y', 1000)}")];

        _console.WriteAtReadersPace(lines);
        _console.Drain();

        Assert.Equal(lines, _shown.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Continues_without_a_reader_once_the_other_end_is_closed()
    {
        _isOpen = false;
        _console.WriteLine("one");
        _console.Drain();
        _console.WriteLine("two");
        _console.Drain();

        Assert.Equal("one\n", _shown.ToString());
    }

    public void Dispose()
    {
        _reads.Set();
        _console.Dispose();
        _reads.Dispose();
        _blocked.Dispose();
    }
}
