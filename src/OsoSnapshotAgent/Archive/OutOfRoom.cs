using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Archive;

/// <summary>Too little room on the volume.</summary>
internal static class OutOfRoom
{
    public static bool Is(IOException failure) => failure.HResult is Errno.NoSpace or Errno.QuotaExceeded;

    public static OperatorException WhileArchiving(Volume volume, long bytesWritten, Exception? inner) => new(
        ExitStatus.NoRoom,
        $"No room for the archive after {ByteSize.Format(bytesWritten)}: {volume.Describe()}.",
        "What this run had made was deleted. Free or add space, or lower OSO_SNAPSHOT_RESERVE if Prometheus can spare it;"
        + " leave out the head with OSO_SNAPSHOT_SKIP_HEAD=yes, archive less with OSO_SNAPSHOT_SINCE;"
        + " or copy without an archive on the volume: oso-snapshot export --stream.",
        inner);
}
