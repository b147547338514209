using System.Globalization;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Reads metrics in Prometheus' text format, line by line: prometheus.io/docs/instrumenting/exposition_formats.
/// </summary>
internal static class MetricsText
{
    // Prometheus' own metrics have some 100 KiB.
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <param name="next">Takes a series with its labels, and its value. Returns whether to read on.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task ReadAsync(Stream text, Func<string, double, bool> next, CancellationToken token)
    {
        using StreamReader lines = new(new LimitedStream(text, MaxBytes));
        bool isWanted = true;
        while (isWanted && await lines.ReadLineAsync(token) is { } line)
        {
            // The value of a label may hold a space.
            int space = line.IndexOf(' ', line.LastIndexOf('}') + 1);
            if (space > 0 && line[0] != '#'
                && double.TryParse(line.AsSpan(space + 1), CultureInfo.InvariantCulture, out double value))
            {
                isWanted = next(line[..space], value);
            }
        }
    }
}
