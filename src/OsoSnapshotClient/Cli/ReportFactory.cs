using OsoSnapshotClient.Display;

namespace OsoSnapshotClient.Cli;

/// <summary>Makes each pod's report in the chosen style.</summary>
internal sealed class ReportFactory(ReportChoice choice, TimeProvider time) : IAsyncDisposable
{
    private readonly ProgressBars? _board = choice is { Style: ProgressStyle.Bars, IsQuiet: false }
        ? new(Console.Error, Terminal.IsAscii, time)
        : null;

    /// <param name="label">Starts each line if there are several pods; empty for one.</param>
    public IPodReport Create(string pod, string label)
    {
        if (choice.Style == ProgressStyle.Json)
        {
            return new JsonReport(Console.Error, pod, time);
        }

        IPodReport report = _board is { } board
            ? new BarReport(board, pod, label, time)
            : new LineReport(Console.Error, label, choice.IsQuiet, time);
        return choice.IsVerbose ? report : new BriefReport(report);
    }

    public async ValueTask DisposeAsync()
    {
        if (_board is not null)
        {
            await _board.DisposeAsync();
        }
    }
}
