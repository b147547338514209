using System.Globalization;

namespace TsdbGenerator.Model;

/// <summary>
/// Lists the metrics of a target, like those of the node exporter and of a service with the Go client library.
/// </summary>
internal static class MetricCatalogue
{
    private static readonly double[] BucketBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly string[] CpuModes = ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"];

    public static IReadOnlyList<Metric> Node { get; } = WithStreams([.. Common(), .. Cpu(), .. Memory(), .. FileSystems(), .. Network()]);

    public static IReadOnlyList<Metric> Service { get; } = WithStreams([.. Common(), .. Runtime(), .. Requests()]);

    // A stream of 0 means a stream of the metric's own. Histograms already have theirs.
    private static IReadOnlyList<Metric> WithStreams(IEnumerable<Metric> metrics) =>
        [.. metrics.Select((metric, position) => metric.Stream == 0 ? metric with { Stream = position + 1 } : metric)];

    private static Metric Constant(string name, double value, params (string, string)[] labels) =>
        new(name, SeriesShape.Constant, labels) { Level = value };

    private static Metric Gauge(string name, double level, double unit, params (string, string)[] labels) =>
        new(name, SeriesShape.Gauge, labels) { Level = level, Unit = unit };

    private static Metric Counter(string name, double level, params (string, string)[] labels) =>
        new(name, SeriesShape.Counter, labels) { Level = level };

    private static IEnumerable<Metric> Common() =>
    [
        Constant("up", 1),
        Constant("scrape_samples_scraped", 120),
        Gauge("scrape_duration_seconds", 0.02, 1e-9),
        Counter("process_cpu_seconds_total", 20) with { Weight = 0.01, Unit = 0, IdlePercent = 30 },
        Gauge("process_resident_memory_bytes", 9e7, 4096),
        Gauge("process_open_fds", 20, 1),
        Constant("process_max_fds", 1048576),
        Constant("process_virtual_memory_bytes", 1275068416),
    ];

    private static IEnumerable<Metric> Cpu() =>
        from cpu in (string[])["0", "1", "2", "3"]
        from mode in CpuModes
        let labels = new[] { ("cpu", cpu), ("mode", mode) }
        select mode is "irq" or "nice" or "steal"
            ? Constant("node_cpu_seconds_total", 0, labels)
            : Counter("node_cpu_seconds_total", mode == "idle" ? 1400 : 20, labels) with { Weight = 0.01, Unit = 0, IdlePercent = 30 };

    private static IEnumerable<Metric> Memory() =>
    [
        Constant("node_memory_MemTotal_bytes", 16777216000),
        Constant("node_memory_SwapTotal_bytes", 0),
        Constant("node_memory_HugePages_Total", 0),
        .. from name in (string[])["MemAvailable", "MemFree", "Cached", "Buffers", "Active", "Inactive", "Dirty", "Slab"]
           select Gauge($"node_memory_{name}_bytes", 2e9, 4096),
        .. from name in (string[])["1", "5", "15"] select Gauge("node_load" + name, 1.5, 0.01),
        Counter("node_context_switches_total", 30000),
        Counter("node_intr_total", 20000),
    ];

    private static IEnumerable<Metric> FileSystems() =>
        from mount in (string[])["/", "/boot", "/var/lib/containerd"]
        let labels = new[] { ("device", "/dev/sda" + mount.Length), ("fstype", "ext4"), ("mountpoint", mount) }
        from metric in (Metric[])
        [
            Constant("node_filesystem_size_bytes", 105089261568, labels),
            Constant("node_filesystem_readonly", 0, labels),
            mount == "/boot"
                ? Constant("node_filesystem_avail_bytes", 7e8, labels)
                : Gauge("node_filesystem_avail_bytes", 6e10, 4096, labels),
            Constant("node_filesystem_files", 6553600, labels),
        ]
        select metric;

    private static IEnumerable<Metric> Network() =>
        from device in (string[])["eth0", "eth1", "lo"]
        from direction in (string[])["receive", "transmit"]
        from kind in (string[])["bytes", "packets", "errs", "drop", "fifo"]
        let name = $"node_network_{direction}_{kind}_total"
        select kind switch
        {
            "bytes" => Counter(name, 3e6, ("device", device)),
            "packets" => Counter(name, 4e3, ("device", device)),
            _ => Constant(name, 0, ("device", device)),
        };

    private static IEnumerable<Metric> Runtime() =>
    [
        Constant("go_info", 1, ("version", "go1.23.4")),
        Constant("go_memstats_mcache_sys_bytes", 15600),
        Constant("go_memstats_mcache_inuse_bytes", 9600),
        Constant("go_gc_gogc_percent", 100),
        Gauge("go_goroutines", 60, 1),
        Gauge("go_threads", 12, 1),
        Gauge("go_memstats_heap_inuse_bytes", 4e7, 8192),
        Gauge("go_memstats_heap_alloc_bytes", 3e7, 8),
        Counter("go_memstats_alloc_bytes_total", 4e6) with { Unit = 8 },
        Counter("go_gc_cycles_total_gc_cycles_total", 0.3),
    ];

    private static IEnumerable<Metric> Requests() =>
        ((string[])["/api/v1/orders", "/api/v1/orders/{id}", "/healthz", "/login"]).SelectMany((handler, position) =>
            from method in (string[])["GET", "POST"]
            from code in (string[])["200", "404", "500"]
            let labels = new[] { ("code", code), ("handler", handler), ("method", method) }
            let usual = code == "200"
            select Counter("http_requests_total", usual ? 20 : 0.02, labels) with { IdlePercent = usual ? 50 : 90 })
        .Concat(((string[])["/api/v1/orders", "/healthz", "/login"]).SelectMany((handler, position) => Histogram(handler, 1000 + position)));

    private static IEnumerable<Metric> Histogram(string handler, int stream)
    {
        const string Name = "http_request_duration_seconds";
        const double Median = 0.04;
        foreach (double bound in BucketBounds)
        {
            // The log-logistic distribution resembles latencies: few fast ones and a long tail.
            double part = 1 / (1 + Math.Pow(bound / Median, -2.5));
            yield return Bucket(bound.ToString(CultureInfo.InvariantCulture), part);
        }

        yield return Bucket("+Inf", 1);
        yield return Of(Name + "_count", 1, 1);
        yield return Of(Name + "_sum", Median * 1.3, 0);

        Metric Bucket(string bound, double part) => Of(Name + "_bucket", part, 1, ("le", bound));
        Metric Of(string name, double weight, double unit, params (string, string)[] labels) =>
            Counter(name, 20, [("handler", handler), .. labels]) with { Stream = stream, Weight = weight, Unit = unit };
    }
}
