using System.Globalization;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Reporting;

/// <summary>The figures of a finished archive.</summary>
internal static class RunReport
{
    public static IEnumerable<string> Lines(SnapshotRun run)
    {
        ArchiveManifest manifest = run.Manifest;
        return
        [
            $"  Prometheus  {run.Server.Version}",
            $"  Snapshot    {run.Snapshot}",
            .. Content(run.Verified.Tally),
            .. run.LeftOut is { } leftOut ? [$"  Left out    {leftOut}"] : Array.Empty<string>(),
            .. run.MissingSamples is { } missing ? [$"  Missing     {missing}"] : Array.Empty<string>(),
            $"  Input       {manifest.InputBytes} bytes ({ByteSize.Format(manifest.InputBytes)})",
            string.Create(CultureInfo.InvariantCulture, $"  Archive     {manifest.ArchiveBytes} bytes ({ByteSize.Format(manifest.ArchiveBytes)}), {100.0 * manifest.ArchiveBytes / Math.Max(1, manifest.InputBytes):0.0} % of the input"),
            $"  SHA-256     {manifest.Sha256}",
            $"  Duration    {Durations.Format(run.Elapsed)}",
        ];
    }

    /// <summary>What the blocks hold.</summary>
    public static IEnumerable<string> Content(BlockTally tally) =>
    [
        $"  Blocks      {tally.Blocks}",
        string.Create(CultureInfo.InvariantCulture, $"  Series      {tally.Series} (a series counts in each of its blocks)"),
        $"  Samples     {tally.Samples}",
        .. tally.Blocks == 0 ? Array.Empty<string>() : [$"  Time range  {Time(tally.From)} to {Time(tally.To)}"],
    ];

    /// <summary>One line for <c>kubectl get pod</c>.</summary>
    public static string Summary(SnapshotRun run) =>
        $"{(run.Status == ExitStatus.Done ? "done, verified" : "archived, but blocks are damaged")}: {Plural.Of(run.Verified.Tally.Blocks, "block")}, {run.Manifest.ArchiveBytes} bytes, sha256 {run.Manifest.Sha256}";

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
