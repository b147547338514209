using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>The room that runs need, in bytes.</summary>
/// <param name="ArchiveBytes">The estimated size of the archive.</param>
/// <param name="ForArchive">For the snapshot and the archive.</param>
/// <param name="ForSnapshot">For the snapshot alone.</param>
internal sealed record RoomNeeds(long ArchiveBytes, long HeadBytes, long ForArchive, long ForSnapshot);

/// <summary>Checks that the volume has room for what a run makes, before anything is deleted.</summary>
internal sealed class RoomCheck(BlockSelection selection, AgentSettings settings, Transcript transcript)
{
    // Prometheus preallocates the first segment of the head's block: tsdb/chunks/chunks.go, DefaultChunkSegmentSize.
    private const long HeadSegmentBytes = 512 * 1024 * 1024;

    public RoomNeeds Estimate(DataDirectory data, IDeflateEngine engine)
    {
        long archive = ArchiveEstimate.BytesOf(data.Directory, selection.Expected(data), engine);
        long head = HeadBytes(data);

        // Prometheus cuts the head's block to its content before the agent begins the archive.
        return new(archive, head, Math.Max(HeadReserve, ByteSize.Sum(head, archive)), Math.Max(HeadReserve, head));
    }

    /// <returns>What happens to the archive of an earlier run.</returns>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.NoRoom"/>.</exception>
    public EarlierArchiveFate RequireForArchive(DataDirectory data, IDeflateEngine engine)
    {
        // What earlier runs have left may be deleted for the new archive, so its room counts as free.
        long room = ByteSize.Sum(RoomBytes(data), new Artefacts(data).ReclaimableBytes());
        (long archive, long head, long needed, _) = Estimate(data, engine);
        if (room < needed)
        {
            bool hasRoomForSnapshot = RoomBytes(data) >= SnapshotBytes(data);
            throw Refuse(
                data,
                needed,
                head,
                archive,
                " Or archive less with OSO_SNAPSHOT_SINCE." + (hasRoomForSnapshot
                    ? " Or copy without an archive on the volume: oso-snapshot export --stream."
                    : string.Empty));
        }

        PrintRoom(data);
        long beside = room - (data.Directory.Find(DataDirectory.ArchiveName)?.AllocatedBytes ?? 0);
        return beside >= needed ? EarlierArchiveFate.IsReplaced : EarlierArchiveFate.IsDeletedFirst;
    }

    /// <summary>Checks the room for a run without an archive on the volume. Archives of other runs stay.</summary>
    /// <inheritdoc cref="RequireForArchive" path="/exception"/>
    public void RequireForSnapshot(DataDirectory data)
    {
        long needed = SnapshotBytes(data);
        if (RoomBytes(data) < needed)
        {
            throw Refuse(data, needed, HeadBytes(data), archive: 0, string.Empty);
        }

        PrintRoom(data);
    }

    private long HeadReserve => settings.SkipHead ? 1 : HeadSegmentBytes;

    private long HeadBytes(DataDirectory data) =>
        settings.SkipHead ? 0 : ByteSize.Sum(data.HeadFiles.Select(item => item.Status!.SizeBytes));

    private long SnapshotBytes(DataDirectory data) => Math.Max(HeadReserve, HeadBytes(data));

    private long RoomBytes(DataDirectory data) => new VolumeRoom(data, settings.Reserve).RoomBytes;

    private void PrintRoom(DataDirectory data) =>
        transcript.Line($"Room: {new VolumeRoom(data, settings.Reserve).Describe()}");

    private OperatorException Refuse(
        DataDirectory data,
        long needed,
        long head,
        long archive,
        string lessRemedy)
    {
        string state = new VolumeRoom(data, settings.Reserve).Describe();
        string headRemedy = settings.SkipHead
            ? string.Empty
            : " Or leave out the head, the last two to three hours: --env OSO_SNAPSHOT_SKIP_HEAD=yes.";
        return new(
            ExitStatus.NoRoom,
            $"Not enough room: about {ByteSize.Format(needed)} are needed ({What(needed, head, archive)}). {state}. Nothing was touched.",
            $"Free or add space, or lower OSO_SNAPSHOT_RESERVE if Prometheus can spare it.{headRemedy}{lessRemedy}");
    }

    // The parts add up to what is needed.
    private string What(long needed, long head, long archive)
    {
        List<string> parts = [];
        if (needed > HeadReserve && head > 0)
        {
            parts.Add($"some {ByteSize.Format(head)} for the block of the in-memory head");
        }
        else if (!settings.SkipHead)
        {
            parts.Add("512 MiB that Prometheus reserves for the in-memory head while it makes the snapshot");
        }

        if (archive > 0)
        {
            parts.Add($"some {ByteSize.Format(archive)} for the archive");
        }

        return parts.Count == 0
            ? "the snapshot's directories"
            : string.Join(needed > HeadReserve ? " and " : ", then ", parts);
    }
}
