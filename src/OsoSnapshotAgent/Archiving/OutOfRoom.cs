using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Archiving;

/// <summary>The failure for a volume with too little room.</summary>
internal static class OutOfRoom
{
    public static bool Is(IOException failure) => Causes.Of(failure)?.Status == ExitStatus.NoRoom;

    public static OperatorException WhileArchiving(VolumeRoom volume, long bytesWritten, Exception? inner) => new(
        ExitStatus.NoRoom,
        Causes.Of(inner) == Causes.Quota
            ? $"There is no room for the archive after {ByteSize.Format(bytesWritten)}: {Causes.Quota.Means}"
                + $" in {volume.PathSeenByAgent}."
            : $"There is no room for the archive after {ByteSize.Format(bytesWritten)}: {volume.Describe()}.",
        "The agent deleted what this run had made. " + (Causes.Of(inner) == Causes.Quota
            ? Causes.Quota.Remedy
            : "Free or add space, or lower OSO_SNAPSHOT_RESERVE if Prometheus can spare it.")
        + " Or archive less: OSO_SNAPSHOT_SKIP_HEAD=yes leaves out the head, OSO_SNAPSHOT_SINCE older blocks."
        + " Or copy without an archive on the volume: oso-snapshot export --stream.",
        inner);
}
