namespace TsdbGenerator.Model;

/// <summary>
/// One series of one block. The labels and samples depend only on the seed, so blocks can be made in any order.
/// </summary>
internal sealed class Series(Target target, Metric metric, Timeline timeline, IReadOnlyList<Lifetime> lifetimes)
{
    private readonly ulong _stream = SplitMix64.Mix(target.Seed, (ulong)metric.Stream << 32);

    /// <summary>The labels, sorted by name.</summary>
    public IEnumerable<(string Name, string Value)> Labels =>
        target.LabelsIn(lifetimes[0].Generation).Concat(metric.Labels).Append(("__name__", metric.Name))
            .OrderBy(label => label.Item1, StringComparer.Ordinal);

    /// <returns>The number of samples, which never exceeds <see cref="Timeline.ScrapesPerBlock"/>.</returns>
    public int Fill(Span<Sample> buffer)
    {
        var clock = new ScrapeClock(target, timeline);
        int count = 0;
        foreach (Lifetime lifetime in lifetimes)
        {
            long first = clock.FirstScrapeAt(lifetime.From);
            Span<Sample> samples = buffer.Slice(count, (int)(clock.FirstScrapeAt(lifetime.To) - first));
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = new Sample(clock.TimeOf(first + i), 0);
            }

            FillValues(samples, lifetime, first - clock.FirstScrapeAt(lifetime.Born));
            count += samples.Length;
        }

        return count;
    }

    private void FillValues(Span<Sample> samples, Lifetime lifetime, long scrapesBefore)
    {
        var random = new SplitMix64(SplitMix64.Mix(_stream, (ulong)lifetime.From));
        switch (metric.Shape)
        {
            case SeriesShape.Counter:
                FillCounter(samples, scrapesBefore, random);
                break;
            case SeriesShape.Gauge:
                FillGauge(samples, random);
                break;
            default:
                SetAll(samples, metric.Level);
                break;
        }
    }

    private void FillCounter(Span<Sample> samples, long scrapesBefore, SplitMix64 random)
    {
        var traits = new SplitMix64(_stream);
        if (traits.Next() % 100 < (ulong)metric.IdlePercent)
        {
            SetAll(samples, Shown(traits.Next() % 1000));
            return;
        }

        // Growth is spread over a hundredfold range, so few series are busy. A part of the next
        // scrape's events is counted early, never all of them, so the counter never falls, not even between blocks.
        double growth = metric.Level * Math.Pow(10, (traits.NextDouble() * 2) - 1.5);
        for (int i = 0; i < samples.Length; i++)
        {
            double events = Math.Floor(growth * (scrapesBefore + i + random.NextDouble()));
            samples[i] = samples[i] with { Value = Shown(events) };
        }
    }

    private double Shown(double events) => metric.Unit == 0 ? events * metric.Weight : Math.Floor(events * metric.Weight / metric.Unit) * metric.Unit;

    private void FillGauge(Span<Sample> samples, SplitMix64 random)
    {
        var traits = new SplitMix64(_stream);
        double level = metric.Level * (0.5 + traits.NextDouble());
        double changesPerScrape = 0.05 + (traits.NextDouble() * 0.5);
        // Multiplication by the inverse keeps decimal units exact: 0.07, not 0.070000000000000007.
        double unitsPerOne = metric.Unit < 1 ? Math.Round(1 / metric.Unit) : 1 / metric.Unit;
        double value = level;
        for (int i = 0; i < samples.Length; i++)
        {
            if (random.NextDouble() < changesPerScrape)
            {
                value += ((random.NextDouble() - 0.5) * 0.1 * level) + ((level - value) * 0.05);
            }

            samples[i] = samples[i] with { Value = Math.Round(value * unitsPerOne) / unitsPerOne };
        }
    }

    private static void SetAll(Span<Sample> samples, double value)
    {
        foreach (ref Sample sample in samples)
        {
            sample = sample with { Value = value };
        }
    }
}
