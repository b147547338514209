using System.Text;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Output;

public sealed class ProgressTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly StringBuilder _shown = new();
    private readonly ConsoleOutput _console;
    private readonly Progress _progress;

    public ProgressTests()
    {
        _console = new(bytes =>
        {
            _shown.Append(Encoding.UTF8.GetString(bytes));
            return true;
        });
        _progress = new(_console, new Terminal(), _time);
    }

    [Fact]
    public void Every_few_seconds_a_whole_line_tells_share_rate_and_time_left()
    {
        _progress.Start("Archiving", 1_000_000_000);
        _time.Advance(TimeSpan.FromSeconds(4));
        _progress.Report(200_000_000);
        _time.Advance(TimeSpan.FromSeconds(1));
        _progress.Report(250_000_000);
        _time.Advance(TimeSpan.FromSeconds(1));
        _progress.Report(300_000_000);
        _time.Advance(TimeSpan.FromSeconds(4));
        _progress.Report(500_000_000);

        Assert.Equal(
            ["Archiving: 25 % of 953.7 MiB, 50 MB/s, 15s left", "Archiving: 50 % of 953.7 MiB, 50 MB/s, 10s left"], Lines());
    }

    [Fact]
    public void A_file_that_grows_beyond_its_total_stays_at_100_percent()
    {
        _progress.Start("Archiving", 100);
        _time.Advance(TimeSpan.FromSeconds(5));
        _progress.Report(200);

        Assert.Equal(["Archiving: 100 % of 100 B, 0 MB/s, 0.0s left"], Lines());
    }

    [Theory]
    [InlineData(-366)]
    [InlineData(366)]
    public void A_wall_clock_that_jumps_changes_nothing(int days)
    {
        _progress.Start("Archiving", 1_000_000_000);
        _time.SetWallClock(TimeSpan.FromDays(days));
        _time.Advance(TimeSpan.FromSeconds(5));
        _progress.Report(250_000_000);

        Assert.Equal(["Archiving: 25 % of 953.7 MiB, 50 MB/s, 15s left"], Lines());
    }

    [Fact]
    public void A_year_without_progress_does_no_harm()
    {
        _progress.Start("Archiving", long.MaxValue);
        _time.Advance(TimeSpan.FromDays(366));
        _progress.Report(1);

        Assert.StartsWith("Archiving: 0 % of 8.0 EiB, 0 MB/s, ", Assert.Single(Lines()), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_activity_starts_from_zero()
    {
        _progress.Start("Archiving", 0);
        _time.Advance(TimeSpan.FromSeconds(9));
        _progress.Start("Verifying", 0);
        _progress.Report(0);

        Assert.Empty(Lines());
    }

    public void Dispose() => _console.Dispose();

    // Returns each line as a log would show it: a terminal redraws the line, and only the last text stays.
    private string[] Lines()
    {
        _console.Drain();
        return [.. _shown.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(line.LastIndexOf('\u001b') is > 0 and int wiped ? wiped + 3 : 0)..])];
    }
}
