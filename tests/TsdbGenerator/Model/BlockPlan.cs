namespace TsdbGenerator.Model;

/// <summary>Plans the series of one block.</summary>
internal static class BlockPlan
{
    /// <summary>
    /// Returns the series. All targets together expose this many at a time; the series of replaced pods are added.
    /// </summary>
    public static List<Series> SeriesOf(int block, int seriesPerScrape, ulong seed, Timeline timeline)
    {
        List<Series> series = [];
        for (int number = 0, left = seriesPerScrape; left > 0; number++)
        {
            var target = new Target(seed, number, timeline);
            List<Lifetime> lifetimes = [.. target.LifetimesIn(block)];
            foreach (Metric metric in target.Metrics.Take(left))
            {
                // A node keeps its labels when it restarts, so it has one series with a counter reset. A new pod has a
                // new series.
                series.AddRange(target.IsNode
                    ? [new Series(target, metric, timeline, lifetimes)]
                    : lifetimes.Select(lifetime => new Series(target, metric, timeline, [lifetime])));
            }

            left -= target.Metrics.Count;
        }

        return series;
    }
}
