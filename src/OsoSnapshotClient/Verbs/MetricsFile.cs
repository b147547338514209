using System.Globalization;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Verbs;

/// <summary>
/// Writes the last backups for node exporter's textfile collector, one line per pod and metric. The values of the last
/// success stay when a later run fails.
/// </summary>
internal static class MetricsFile
{
    private const string Status = "oso_snapshot_last_run_status";
    private const string Run = "oso_snapshot_last_run_timestamp_seconds";
    private const string Success = "oso_snapshot_last_success_timestamp_seconds";
    private const string Bytes = "oso_snapshot_last_success_bytes";

    private static readonly (string Name, string Help)[] Metrics =
    [
        (Status, "Exit status of the last run; 0 is a success."),
        (Run, "When the last run ended."),
        (Success, "When the last run that succeeded ended."),
        (Bytes, "Size of the archive of the last run that succeeded."),
    ];

    /// <exception cref="OperatorException">The file can't be written.</exception>
    public static void Write(string path, IEnumerable<PodResult> results, DateTimeOffset now)
    {
        try
        {
            SortedDictionary<string, string> samples = Read(path);
            string seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            foreach (PodResult result in results)
            {
                string pod = $"{{pod=\"{result.Pod}\"}}";
                samples[Status + pod] = result.Status.ToString(CultureInfo.InvariantCulture);
                samples[Run + pod] = seconds;
                if (result is { Status: 0, Bytes: { } bytes })
                {
                    samples[Success + pod] = seconds;
                    samples[Bytes + pod] = bytes.ToString(CultureInfo.InvariantCulture);
                }
            }

            // The file changes in one step, because the collector may read it at any moment.
            string fresh = path + ".new";
            File.WriteAllText(fresh, string.Concat(Metrics.Select(metric => Text(metric.Name, metric.Help, samples))));
            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ClientStatus.Failed, $"{path} can't be written: {e.Message}", "name another --metrics-file", e);
        }
    }

    private static SortedDictionary<string, string> Read(string path)
    {
        SortedDictionary<string, string> samples = new(StringComparer.Ordinal);
        if (File.Exists(path))
        {
            foreach (string[] sample in File.ReadLines(path).Select(line => line.Split(' ')))
            {
                if (sample is [var name, var value] && name.Contains('{', StringComparison.Ordinal))
                {
                    samples[name] = value;
                }
            }
        }

        return samples;
    }

    private static string Text(string name, string help, SortedDictionary<string, string> samples) =>
        $"# HELP {name} {help}\n# TYPE {name} gauge\n"
        + string.Concat(samples.Where(sample => sample.Key.StartsWith(name + "{", StringComparison.Ordinal))
            .Select(sample => $"{sample.Key} {sample.Value}\n"));
}
