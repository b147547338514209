namespace TsdbGenerator.Model;

/// <summary>The series of one block.</summary>
internal static class BlockPlan
{
    /// <summary>All targets together expose so many series at a time; those of replaced pods come on top.</summary>
    public static List<Series> SeriesOf(int block, int seriesPerScrape, ulong seed, Timeline timeline)
    {
        List<Series> series = [];
        for (int number = 0, left = seriesPerScrape; left > 0; number++)
        {
            var target = new Target(seed, number, timeline);
            List<Lifetime> lifetimes = [.. target.LifetimesIn(block)];
            foreach (Metric metric in target.Metrics.Take(left))
            {
                // A node keeps its labels when it restarts: one series with a counter reset. A new pod is a new series.
                series.AddRange(target.IsNode
                    ? [new Series(target, metric, timeline, lifetimes)]
                    : lifetimes.Select(lifetime => new Series(target, metric, timeline, [lifetime])));
            }

            left -= target.Metrics.Count;
        }

        return series;
    }
}
