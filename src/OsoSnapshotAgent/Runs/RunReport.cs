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
    private readonly ArchiveManifest _manifest = archive.Manifest;
    private readonly VerifiedArchive _verified = archive.Verified;

    public IEnumerable<string> Lines()
    {
        double percent = 100.0 * _manifest.ArchiveBytes / Math.Max(1, _manifest.InputBytes);
        string archiveSize = ByteSize.Format(_manifest.ArchiveBytes);
        yield return $"  Prometheus  {server.Version}";
        yield return $"  Snapshot    {snapshot.Name}";
        foreach (string line in BlockTallyText.Lines(_verified.Tally))
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

        yield return $"  Input       {_manifest.InputBytes} bytes ({ByteSize.Format(_manifest.InputBytes)})";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"  Archive     {_manifest.ArchiveBytes} bytes ({archiveSize}), {percent:0.0} % of the input");
        yield return $"  SHA-256     {_manifest.Sha256}";
        yield return $"  Duration    {Durations.Format(elapsed)}{PauseNote(_manifest)}";
    }

    /// <summary>Follows a duration; empty if the run did not pause.</summary>
    public static string PauseNote(ArchiveManifest manifest) => manifest.Paused > TimeSpan.Zero
        ? $", of which {Durations.Format(manifest.Paused)} paused while Prometheus waited for a CPU (OSO_SNAPSHOT_PACE)"
        : string.Empty;

    /// <summary>Adds the figures to the answer of <c>oso-snapshot status</c>.</summary>
    public RunStatus AddTo(RunStatus status) => status with
    {
        Blocks = _verified.Tally.Blocks,
        From = _verified.Tally.From,
        To = _verified.Tally.To,
        ArchiveBytes = _manifest.ArchiveBytes,
        Sha256 = _manifest.Sha256,
        Problems = _verified.Damage,
    };

    public RunResult Result()
    {
        bool isSound = _verified.Damage.Count == 0;
        string verdict = isSound ? "done, verified" : "archived, but blocks are damaged";
        string blocks = Plural.Of(_verified.Tally.Blocks, "block");
        return new(
            isSound ? ExitStatus.Done : ExitStatus.DamagedBlocks,
            $"{verdict}: {blocks}, {_manifest.ArchiveBytes} bytes, sha256 {_manifest.Sha256}");
    }
}
