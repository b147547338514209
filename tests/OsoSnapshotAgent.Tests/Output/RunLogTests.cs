using OsoSnapshotAgent.Output;

namespace OsoSnapshotAgent.Tests.Output;

public sealed class RunLogTests
{
    private readonly ChangeSignal _changes = new();
    private readonly RunLog _log;

    public RunLogTests() => _log = new(_changes);

    [Fact]
    public void A_reader_continues_after_the_lines_that_it_has()
    {
        _log.Add("first");
        _log.Add("second\nthird");

        Assert.Equal([(1L, "first"), (2L, "second"), (3L, "third")], _log.After(0));
        Assert.Equal([(3L, "third")], _log.After(2));
        Assert.Empty(_log.After(3));
        Assert.Empty(_log.After(long.MaxValue));
    }

    [Fact]
    public void Of_a_long_log_the_oldest_lines_are_dropped_and_the_positions_stay()
    {
        for (int i = 0; i < 3000; i++)
        {
            _log.Add(new string('x', 1000));
        }

        long first = _log.After(0)[0].Position;

        Assert.InRange(first, 900, 910);
        Assert.Equal(3000, _log.After(2999)[0].Position);
    }

    [Fact]
    public void A_line_wakes_readers()
    {
        Task changed = _changes.Next;
        Assert.False(changed.IsCompleted);

        _log.Add("line");

        Assert.True(changed.IsCompleted);
        Assert.False(_changes.Next.IsCompleted);
    }
}
