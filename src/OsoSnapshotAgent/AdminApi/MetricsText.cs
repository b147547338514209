using System.Globalization;
using OsoSnapshot.Formats.Streams;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>
/// Prometheus' text format of metrics (prometheus.io/docs/instrumenting/exposition_formats), line by line.
/// </summary>
internal static class MetricsText
{
    // Prometheus' own metrics are some 100 KiB.
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <param name="next">Takes a series with its labels and its value, and says whether to read on.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task ReadAsync(Stream text, Func<string, double, bool> next, CancellationToken token)
    {
        using StreamReader lines = new(new LimitedStream(text, MaxBytes));
        bool isWanted = true;
        while (isWanted && await lines.ReadLineAsync(token) is { } line)
        {
            // A label's value may hold a blank.
            int space = line.IndexOf(' ', line.LastIndexOf('}') + 1);
            if (space > 0 && line[0] != '#'
                && double.TryParse(line.AsSpan(space + 1), CultureInfo.InvariantCulture, out double value))
            {
                isWanted = next(line[..space], value);
            }
        }
    }
}
