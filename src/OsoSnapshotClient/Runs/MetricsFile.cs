using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Runs;

/// <summary>
/// Writes the last backups for node exporter's textfile collector, one line per pod and metric. The values of the last
/// success stay when a later run fails.
/// </summary>
internal static class MetricsFile
{
    // Four lines for each of some thousand pods.
    private const int MaxBytes = 4 * 1024 * 1024;
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
            string full = Path.GetFullPath(path);
            using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(full) ?? full);
            string name = Path.GetFileName(full);
            SortedDictionary<string, string> samples = Read(directory, name);
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

            // The file changes in one step, because the collector may read it at any moment, as another user.
            string fresh = $"{name}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.new";
            using PartialFile file = PartialFile.Create(directory, fresh, name);
            file.Stream.Write(Encoding.UTF8.GetBytes(
                string.Concat(Metrics.Select(metric => Text(metric.Name, metric.Help, samples)))));
            file.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ClientStatus.Failed, $"{path} can't be written: {e.Message}", "name another --metrics-file", e);
        }
    }

    private static SortedDictionary<string, string> Read(DirectoryHandle directory, string file)
    {
        SortedDictionary<string, string> samples = new(StringComparer.Ordinal);
        string content = Encoding.UTF8.GetString(SmallFile.Read(directory, file, MaxBytes) ?? []);
        foreach (string[] sample in content.Split('\n').Select(line => line.Split(' ')))
        {
            if (sample is [var name, var value] && name.Contains('{', StringComparison.Ordinal))
            {
                samples[name] = value;
            }
        }

        return samples;
    }

    private static string Text(string name, string help, SortedDictionary<string, string> samples) =>
        $"# HELP {name} {help}\n# TYPE {name} gauge\n"
        + string.Concat(samples.Where(sample => sample.Key.StartsWith(name + "{", StringComparison.Ordinal))
            .Select(sample => $"{sample.Key} {sample.Value}\n"));
}
