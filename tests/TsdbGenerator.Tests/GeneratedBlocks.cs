using System.Globalization;
using TsdbGenerator.Model;

namespace TsdbGenerator.Tests;

/// <summary>Returns the samples that the generator means to write, straight from its model.</summary>
internal static class GeneratedBlocks
{
    /// <summary>Returns the samples in the order of time, under the labels as promtool prints them.</summary>
    public static Dictionary<string, List<Sample>> SamplesOf(GeneratorOptions options)
    {
        Timeline timeline = BlockGenerator.PlanTimeline(options);
        int seriesPerScrape = BlockGenerator.SeriesFor(options, timeline);
        var buffer = new Sample[timeline.ScrapesPerBlock];
        Dictionary<string, List<Sample>> samples = [];
        for (int block = 0; block < options.BlockCount; block++)
        {
            foreach (Series series in BlockPlan.SeriesOf(block, seriesPerScrape, options.Seed, timeline))
            {
                string labels = "{" + string.Join(", ", series.Labels.Select(label => $"{label.Name}=\"{label.Value}\"")) + "}";
                samples.TryAdd(labels, []);
                samples[labels].AddRange(buffer.AsSpan(0, series.Fill(buffer)));
            }
        }

        return samples;
    }

    public static string ToText(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
