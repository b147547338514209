using OsoSnapshotClient.Display;

namespace OsoSnapshotClient.Tests.Display;

public sealed class ProgressBarsTests
{
    [Fact]
    public async Task A_line_goes_above_the_bars_and_no_other_line_is_overwritten()
    {
        using StringWriter terminal = new();
        ProgressBars board = new(terminal, ascii: true, TimeProvider.System);
        board.Write("before");
        board.Show("a", "first", new("copying", 50, 100));
        board.Show("b", "second", new("waiting", 0, null));
        board.Write("one");
        board.Write("two");
        board.Hide("a");
        await board.DisposeAsync();

        const string Bars = "###############............... first\nsecond";
        const string Again = "\r\e[1A\e[J";
        string screen = $"before\none\n{Bars}{Again}two\n{Bars}{Again}second";
        Assert.StartsWith(screen, terminal.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\r\e[J", terminal.ToString(), StringComparison.Ordinal);
    }
}
