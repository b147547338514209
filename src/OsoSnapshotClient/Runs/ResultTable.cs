using OsoSnapshotClient.Take;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Runs;

/// <summary>The results of several pods, as a table.</summary>
internal static class ResultTable
{
    /// <param name="skipped">The pods that match but don't run, each with its phase.</param>
    public static string Of(IReadOnlyList<PodResult> results, IReadOnlyList<string> skipped, TimeSpan elapsed)
    {
        IEnumerable<string> rows =
            from result in results
            let outcome = result.Status == 0 ? "done" : $"failed {result.Status}"
            let size = result.Bytes is { } bytes ? ByteSize.Format(bytes) : string.Empty
            let last = result.Problem is { } problem ? problem.Split('\n')[0] : result.Sha256 ?? result.File
            select $"{result.Pod,-40} {outcome,-10} {size,10}  {last}";
        string left = skipped.Count > 0
            ? $", {Plural.Of(skipped.Count, "pod")} left out: {string.Join(", ", skipped)}"
            : string.Empty;
        return $"\n{"POD",-40} {"RESULT",-10} {"SIZE",10}  SHA-256, or why it failed\n"
            + string.Concat(rows.Select(row => row + "\n"))
            + $"{Plural.Of(results.Count, "pod")} in {Durations.Format(elapsed)}{left}\n";
    }
}
