using System.Security.Cryptography;
using System.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Runs;

/// <summary>The metrics of the last backups in a file for node exporter's textfile collector.</summary>
internal static class MetricsFile
{
    // Seven lines for each of some thousand pods.
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Adds samples, in the place of earlier ones of the same name and labels.</summary>
    /// <param name="findGone">Finds those pods of earlier samples that no longer exist: their lines go.</param>
    /// <exception cref="OperatorException">The file can't be written.</exception>
    public static async Task AddAsync(
        string path,
        IReadOnlyCollection<MetricSample> samples,
        Func<IEnumerable<PodLabels>, Task<IReadOnlySet<PodLabels>>> findGone)
    {
        try
        {
            string full = Path.GetFullPath(path);
            using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(full) ?? full);
            string name = Path.GetFileName(full);
            MetricSample[] earlier = Read(directory, name);
            IReadOnlySet<PodLabels> gone = await findGone(earlier.Select(sample => sample.Labels).Distinct());

            // The file changes in one step, because the collector may read it at any moment, as another user.
            string fresh = $"{name}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.new";
            using PartialFile file = PartialFile.Create(directory, fresh, name);
            file.Stream.Write(Encoding.UTF8.GetBytes(PodMetrics.Text(samples
                .Concat(earlier.Where(sample => !gone.Contains(sample.Labels)))
                .DistinctBy(sample => (sample.Name, sample.Labels)))));
            file.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ClientStatus.Failed, $"{path} can't be written: {e.Message}", "name another --metrics-file", e);
        }
    }

    private static MetricSample[] Read(DirectoryHandle directory, string file) =>
    [
        .. Encoding.UTF8.GetString(SmallFile.Read(directory, file, MaxBytes) ?? []).Split('\n')
            .Select(MetricSample.TryParse).OfType<MetricSample>(),
    ];
}
