using System.Globalization;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Runs;

/// <summary>The metrics of backups, as <c>--metrics-file</c> and <c>--push</c> tell them.</summary>
internal static class PodMetrics
{
    private const string Status = "oso_snapshot_last_run_status";
    private const string Success = "oso_snapshot_last_success_timestamp_seconds";
    private const string Run = "oso_snapshot_last_run_timestamp_seconds";
    private const string Bytes = "oso_snapshot_last_success_bytes";
    private const string Damaged = "oso_snapshot_last_success_damaged";
    private const string Leftovers = "oso_snapshot_last_success_leftovers";

    private const string Drill = "oso_snapshot_last_drill_success_timestamp_seconds";

    private static readonly (string Name, string Help)[] All =
    [
        (Status, "Exit status of the last run; 0 is a success."),
        (Run, "When the last run ended."),
        (Success, "When the last run that made a copy ended: with status 0, 10 or 11."),
        (Bytes, "Size of the last copy."),
        (Damaged, "1 if blocks of the last copy are damaged on Prometheus' own disk, else 0."),
        (Leftovers, "1 if the last run with a copy left files of the agent on the volume, else 0."),
        (Drill, "When the last drill that succeeded ended."),
    ];

    public static IEnumerable<string> Names => All.Select(metric => metric.Name);

    /// <summary>The metrics of a run. One that made no copy leaves the values of the last copy as they are.</summary>
    public static IEnumerable<MetricSample> Of(PodResult result, PodLabels labels, DateTimeOffset now)
    {
        long seconds = now.ToUnixTimeSeconds();
        (string Name, long? Value)[] values =
        [
            (Status, result.Status),
            (Run, seconds),
            .. (ExitStatus)result.Status is ExitStatus.Done or ExitStatus.DamagedBlocks or ExitStatus.NotTidiedUp
                ? ((string, long?)[])
                [
                    (Success, seconds),
                    (Bytes, result.Bytes),
                    (Damaged, result.HasDamagedBlocks == true ? 1 : 0),
                    (Leftovers, (ExitStatus)result.Status == ExitStatus.NotTidiedUp ? 1 : 0),
                ]
                : [],
        ];
        return
            from value in values
            where value.Value is not null
            let text = string.Create(CultureInfo.InvariantCulture, $"{value.Value}")
            select new MetricSample(value.Name, labels, text);
    }

    /// <summary>The metric of a drill that succeeded.</summary>
    public static MetricSample OfDrill(PodLabels labels, DateTimeOffset now) =>
        new(Drill, labels, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

    /// <summary>Prometheus' text format, with help and type. Samples of other metrics are left out.</summary>
    public static string Text(IEnumerable<MetricSample> samples)
    {
        ILookup<string, MetricSample> byName = samples.ToLookup(sample => sample.Name);
        return string.Concat(
            from metric in All
            where byName.Contains(metric.Name)
            select $"# HELP {metric.Name} {metric.Help}\n# TYPE {metric.Name} gauge\n"
                + string.Concat(byName[metric.Name].Select(sample => sample.Text).Order(StringComparer.Ordinal)));
    }
}
