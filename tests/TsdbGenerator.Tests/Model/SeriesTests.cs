using TsdbGenerator.Model;

namespace TsdbGenerator.Tests.Model;

public sealed class SeriesTests
{
    private static readonly Dictionary<string, List<Sample>> Samples =
        GeneratedBlocks.SamplesOf(new GeneratorOptions { Directory = "unused", SizeBytes = 8 << 20, BlockCount = 8 });

    [Fact]
    public void Counters_of_a_pod_never_fall_and_some_of_a_node_do_when_it_restarts()
    {
        ILookup<bool, List<Sample>> ofPods = Samples
            .Where(series => series.Key.Contains("_total\"", StringComparison.Ordinal) || series.Key.Contains("_bucket\"", StringComparison.Ordinal))
            .ToLookup(series => series.Key.Contains("pod=", StringComparison.Ordinal), series => series.Value);

        Assert.All(ofPods[true], samples => Assert.False(Falls(samples)));
        Assert.Contains(ofPods[false], Falls);
    }

    [Fact]
    public void Buckets_of_a_histogram_add_up()
    {
        foreach ((string labels, List<Sample> all) in Samples.Where(series => series.Key.Contains("le=\"+Inf\"", StringComparison.Ordinal)))
        {
            string CountOf(string bound) => labels.Replace("le=\"+Inf\"", $"le=\"{bound}\"", StringComparison.Ordinal);
            List<Sample> few = Samples[CountOf("0.025")];
            List<Sample> most = Samples[CountOf("1")];
            Assert.All(all.Zip(few, most), sample => Assert.True(
                sample.Second.Value <= sample.Third.Value && sample.Third.Value <= sample.First.Value, $"{labels} at {sample.First.Time}"));
        }
    }

    [Fact]
    public void Pods_come_and_go()
    {
        List<List<Sample>> pods = [.. Samples
            .Where(series => series.Key.StartsWith("{__name__=\"up\", container=", StringComparison.Ordinal)).Select(series => series.Value)];

        Assert.Contains(pods, samples => samples.Count == 8 * 480);
        Assert.Contains(pods, samples => samples.Count % 480 != 0);
    }

    [Fact]
    public void Most_scrapes_are_on_time_and_a_few_off_by_one_or_two_milliseconds()
    {
        List<Sample> up = Samples.First(series => series.Key.Contains("\"up\"", StringComparison.Ordinal) && series.Value.Count == 8 * 480).Value;
        long onTime = up.GroupBy(sample => sample.Time % 15_000).MaxBy(group => group.Count())!.Key;

        Assert.All(up, sample => Assert.InRange(sample.Time % 15_000, onTime - 2, onTime + 2));
        Assert.InRange(up.Count(sample => sample.Time % 15_000 != onTime), up.Count / 100, up.Count / 10);
    }

    private static bool Falls(List<Sample> samples) => samples.Zip(samples.Skip(1)).Any(pair => pair.Second.Value < pair.First.Value);
}
