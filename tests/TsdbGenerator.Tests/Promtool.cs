using System.Diagnostics;
using System.Globalization;
using TsdbGenerator.Model;
using static System.FormattableString;

namespace TsdbGenerator.Tests;

/// <summary>Runs Prometheus' own reader of blocks, which judges the generator's.</summary>
internal static class Promtool
{
    public static IEnumerable<string> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("promtool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process promtool = Process.Start(start)!;
        Task<string> errors = promtool.StandardError.ReadToEndAsync();
        string[] lines = promtool.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        promtool.WaitForExit();
        Assert.True(promtool.ExitCode == 0, $"promtool {string.Join(' ', arguments)}: {errors.Result}");
        return lines;
    }

    /// <summary>
    /// Reads the samples by series. A line of the dump is <c>{name="value", …} value time</c>. Both times are
    /// inclusive.
    /// </summary>
    public static Dictionary<string, List<Sample>> Dump(string directory, long minTime = 0, long maxTime = long.MaxValue)
    {
        // promtool's dump requires a directory for the write-ahead log, even an empty one.
        Directory.CreateDirectory(Path.Combine(directory, "wal"));
        Dictionary<string, List<Sample>> series = [];
        string labels = "";
        foreach (string line in Run("tsdb", "dump", Invariant($"--min-time={minTime}"), Invariant($"--max-time={maxTime}"), directory))
        {
            int labelsEnd = line.LastIndexOf('}') + 1;
            string[] words = line[labelsEnd..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (line[..labelsEnd] != labels)
            {
                // Add fails if a series is listed twice: Prometheus joins a series over the blocks only if each block
                // is sorted.
                labels = line[..labelsEnd];
                series.Add(labels, []);
            }

            series[labels].Add(new Sample(long.Parse(words[1], CultureInfo.InvariantCulture), ParseGoNumber(words[0])));
        }

        return series;
    }

    private static double ParseGoNumber(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}
