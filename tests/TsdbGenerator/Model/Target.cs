using System.Globalization;

namespace TsdbGenerator.Model;

/// <summary>A scraped target: a node, or one of a service's pods, which gets a new name when it is replaced.</summary>
internal sealed class Target(ulong seed, int number, Timeline timeline)
{
    private const int BlocksPerRestart = 6;
    private const long OldestStartBeforeData = 10L * 24 * 3600 * 1000;
    private static readonly string[] Services = ["cart", "checkout", "frontend", "payment", "search"];

    public ulong Seed { get; } = SplitMix64.Mix(seed, (ulong)number);

    public bool IsNode { get; } = number % 4 == 1;

    public IReadOnlyList<Metric> Metrics => IsNode ? MetricCatalogue.Node : MetricCatalogue.Service;

    /// <summary>
    /// The time within the scrape interval at which this target is scraped. Prometheus spreads its targets by a hash,
    /// too.
    /// </summary>
    public long ScrapeOffset { get; } =
        ScrapeClock.MaxJitter + (long)(SplitMix64.Mix(seed, ~(ulong)number) % (ulong)(timeline.ScrapeInterval - (2 * ScrapeClock.MaxJitter)));

    /// <summary>Returns one lifetime, or two if the process was replaced within the block.</summary>
    public IEnumerable<Lifetime> LifetimesIn(int block)
    {
        long born = timeline.Start - (long)(SplitMix64.Mix(Seed, 1) % (ulong)OldestStartBeforeData);
        int generation = 0;
        for (int earlier = 0; earlier < block; earlier++)
        {
            if (RestartIn(earlier) is long restart)
            {
                (born, generation) = (restart, generation + 1);
            }
        }

        long from = timeline.StartOf(block);
        if (RestartIn(block) is long end)
        {
            yield return new Lifetime(from, end, born, generation);
            (from, born, generation) = (end, end, generation + 1);
        }

        yield return new Lifetime(from, timeline.EndOf(block), born, generation);
    }

    /// <summary>Returns the labels that the scrape adds, in no particular order.</summary>
    public (string Name, string Value)[] LabelsIn(int generation)
    {
        int network = IsNode ? 0 : 1 + (generation % 250);
        string address = string.Create(CultureInfo.InvariantCulture, $"10.{network}.{number >> 8}.{number & 255}");
        if (IsNode)
        {
            return [("instance", address + ":9100"), ("job", "node-exporter")];
        }

        string service = Services[Seed % (ulong)Services.Length];
        string pod = PodSuffix(SplitMix64.Mix(Seed, (ulong)generation + 100));
        return [("container", service), ("instance", address + ":8080"), ("job", service), ("namespace", "shop"), ("pod", $"{service}-{pod}")];
    }

    private long? RestartIn(int block)
    {
        ulong draw = SplitMix64.Mix(Seed, (ulong)block + 1_000_000);
        if (draw % BlocksPerRestart != 0)
        {
            return null;
        }

        // The replacement is not in the first or last tenth, so that both lifetimes have samples.
        long tenth = timeline.BlockDuration / 10;
        return timeline.StartOf(block) + tenth + (long)((draw >> 8) % (ulong)(8 * tenth));
    }

    // Makes the name of a replica set or pod as Kubernetes does: its alphabet has no vowels and no look-alikes.
    private static string PodSuffix(ulong random)
    {
        const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
        return string.Create(15, random, static (text, rest) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = i == 9 ? '-' : Alphabet[(int)(rest % (ulong)Alphabet.Length)];
                rest = i == 9 ? SplitMix64.Mix(rest, 9) : rest / (ulong)Alphabet.Length;
            }
        });
    }
}
