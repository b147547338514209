using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Archive;

/// <summary>Too little room on the volume, in words.</summary>
internal static class OutOfRoom
{
    public static bool Is(IOException failure) => failure.HResult is Errno.NoSpace or Errno.QuotaExceeded;

    public static AgentException WhileArchiving(DataDirectory data, Reserve reserve, long bytesWritten, Exception? inner) => new(
        ExitStatus.NoRoom,
        $"No room for the archive after {ByteSize.Format(bytesWritten)}: {State(data, reserve)}.",
        "What this run had made was deleted. Free or add space, or lower OSO_SNAPSHOT_RESERVE if Prometheus can spare it; leave out the head with OSO_SNAPSHOT_SKIP_HEAD=yes, archive less with OSO_SNAPSHOT_SINCE; or copy without an archive on the volume: oso-snapshot export --stream.",
        inner);

    /// <summary>What the volume has, and how much of it is not for us.</summary>
    public static string State(DataDirectory data, Reserve reserve)
    {
        VolumeSpace space = data.Space;
        return $"{data.PathSeenByAgent} has {ByteSize.Format(space.FreeBytes)} free of {ByteSize.Format(space.TotalBytes)}, "
            + $"of which {ByteSize.Format(reserve.BytesOf(space.TotalBytes))} stay reserved for Prometheus (OSO_SNAPSHOT_RESERVE)";
    }
}
