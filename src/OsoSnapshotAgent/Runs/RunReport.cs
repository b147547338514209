using System.Globalization;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Prints the figures of a finished archive.</summary>
internal sealed class RunReport(
    PrometheusServer server,
    CapturedSnapshot snapshot,
    WrittenArchive archive,
    TimeSpan elapsed)
{
    private readonly ArchiveFigures _figures = archive.Figures;
    private readonly ArchiveReport _report = archive.Report;

    public IEnumerable<string> Lines()
    {
        double percent = 100.0 * _figures.ArchiveBytes / Math.Max(1, _figures.InputBytes);
        string archiveSize = ByteSize.Format(_figures.ArchiveBytes);
        yield return $"  Prometheus  {server.Version}";
        yield return $"  Snapshot    {snapshot.Name}";
        foreach (string line in BlockTallyText.Lines(_report.Tally))
        {
            yield return line;
        }

        if (archive.LeftOut is { } leftOut)
        {
            yield return $"  Left out    {leftOut}";
        }

        if (snapshot.MissingSamples is { } missing)
        {
            yield return $"  Missing     {missing}";
        }

        yield return $"  Input       {_figures.InputBytes} bytes ({ByteSize.Format(_figures.InputBytes)})";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"  Archive     {_figures.ArchiveBytes} bytes ({archiveSize}), {percent:0.0} % of the input");
        yield return $"  SHA-256     {_figures.Sha256}";
        yield return $"  Duration    {Durations.Format(elapsed)}{PauseNote(_figures)}";
    }

    /// <summary>Follows a duration; empty if the run did not pause.</summary>
    public static string PauseNote(ArchiveFigures figures) => figures.Paused > TimeSpan.Zero
        ? $", of which {Durations.Format(figures.Paused)} paused while Prometheus waited for a CPU (OSO_SNAPSHOT_PACE)"
        : string.Empty;

    /// <summary>Adds the figures to the answer of <c>oso-snapshot status</c>.</summary>
    public RunStatus AddTo(RunStatus status) => status with
    {
        Blocks = _report.Tally.Blocks,
        From = _report.Tally.From,
        To = _report.Tally.To,
        ArchiveBytes = _figures.ArchiveBytes,
        Sha256 = _figures.Sha256,
        Problems = _report.Problems,
    };

    public RunResult Result()
    {
        bool isSound = _report.Problems.Count == 0;
        string verdict = isSound ? "done, verified" : "archived, but blocks are damaged";
        string blocks = Plural.Of(_report.Tally.Blocks, "block");
        return new(
            isSound ? ExitStatus.Done : ExitStatus.DamagedBlocks,
            $"{verdict}: {blocks}, {_figures.ArchiveBytes} bytes, sha256 {_figures.Sha256}");
    }
}
