using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>A Prometheus of a Debian release, unpacked by tests/fetch-prometheus.sh.</summary>
internal sealed record PrometheusVersion(string Number, string Suite)
{
    public static PrometheusVersion V2_42 { get; } = new("2.42", "bookworm");

    public static PrometheusVersion V2_53 { get; } = new("2.53", "trixie");

    public static PrometheusVersion V3_5 { get; } = new("3.5", "forky");

    /// <summary>All versions, as the data of a theory.</summary>
    public static TheoryData<string> Numbers => [.. All.Select(version => version.Number)];

    public static IReadOnlyList<PrometheusVersion> All => [V2_42, V2_53, V3_5];

    /// <summary>A root file system with prometheus, promtool, libc and busybox. Nothing writes to it.</summary>
    public string Root
    {
        get
        {
            string root = Path.Combine(Cache.PathOf("OSO_PROMETHEUS_ROOTS", "prometheus"), Suite);
            return Directory.Exists(root)
                ? root
                : throw new DirectoryNotFoundException($"Prometheus {Number} is not at {root}: run tests/fetch-prometheus.sh {Suite}.");
        }
    }

    public string Promtool => Path.Combine(Root, "usr/bin/promtool");

    public static PrometheusVersion Parse(string number) => All.Single(version => version.Number == number);

    public override string ToString() => Number;
}
