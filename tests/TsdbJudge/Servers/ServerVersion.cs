namespace TsdbJudge.Servers;

/// <summary>A Prometheus of a Debian release, unpacked by tests/fetch-prometheus.sh.</summary>
internal sealed record ServerVersion(string Number, string Suite)
{
    public static IReadOnlyList<ServerVersion> All { get; } = [new("2.42", "bookworm"), new("2.53", "trixie"), new("3.5", "forky")];

    public string Prometheus
    {
        get
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            string cache = Variable("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache");
            string roots = Variable("OSO_PROMETHEUS_ROOTS") ?? Path.Combine(cache, "oso-snapshot-agent/prometheus");
            return Path.Combine(roots, Suite, "usr/bin/prometheus");
        }
    }

    /// <summary>Only 3.x knows native histograms with custom buckets, and indices of version 3.</summary>
    public bool CanRead(string block) => Number == "3.5"
        || !(block.StartsWith("custom-buckets", StringComparison.Ordinal) || block.StartsWith("index-3", StringComparison.Ordinal));

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } set ? set : null;
}
