using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Everything that can be known to fail, before anything is deleted.</summary>
internal sealed class Preflight(PrometheusLocator locator, BlockSelection selection, SnapshotRun run, AgentSettings settings, Transcript transcript) : IStep
{
    // Prometheus preallocates the first segment of the head's block: tsdb/chunks/chunks.go, DefaultChunkSegmentSize.
    private const long HeadSegmentBytes = 512 * 1024 * 1024;

    public async Task RunAsync(CancellationToken token)
    {
        if (settings.Insecure)
        {
            transcript.Warning("OSO_SNAPSHOT_INSECURE is set: whoever answers over TLS is trusted.");
        }

        PrometheusServer server = await locator.FindAsync(run.Target, token);
        StorageProof.Compare(server, run.Target);
        run.Server = server.AdminApiEnabled ? server : throw Refusals.AdminApiOff(server.BaseUrl);
        run.Engine = GzipEngines.Choose(settings.Level);
        CheckRoom(run.Target.Data);
        transcript.Line($"Prometheus {server.Version} at {server.BaseUrl}, admin API on");
        transcript.Line($"Room: {OutOfRoom.State(run.Target.Data, settings.Reserve)}");
    }

    private void CheckRoom(DataDirectory data)
    {
        // All that an earlier run has left may go for the new archive; streaming leaves it where it is, and writes none.
        long room = data.RoomBytes(settings.Reserve) + (settings.ToStandardOutput ? 0 : run.Artefacts.ReclaimableBytes());
        long archive = settings.ToStandardOutput ? 0 : ArchiveEstimate.BytesOf(data.Directory, selection.Expected(data), run.Engine);
        long head = settings.SkipHead ? 0 : data.HeadFiles.Sum(item => item.Status!.SizeBytes);

        // The head's block shrinks to what it holds before the archive is begun.
        long needed = Math.Max(settings.SkipHead ? 1 : HeadSegmentBytes, head + archive);
        run.KeepsEarlierArchive = room - (data.Directory.Find(DataDirectory.ArchiveName)?.AllocatedBytes ?? 0) >= needed;
        if (room < needed)
        {
            throw Refuse(data, needed, archive);
        }
    }

    private AgentException Refuse(DataDirectory data, long needed, long archive) => new(
        ExitStatus.NoRoom,
        $"Not enough room: about {ByteSize.Format(needed)} are needed ({What(archive)}); {OutOfRoom.State(data, settings.Reserve)}. Nothing was touched.",
        $"Free or add space, or lower OSO_SNAPSHOT_RESERVE if Prometheus can spare it{(settings.SkipHead ? string.Empty : "; leave out the head, the last two to three hours: --env OSO_SNAPSHOT_SKIP_HEAD=yes")}"
        + (settings.ToStandardOutput ? "." : "; archive less with OSO_SNAPSHOT_SINCE; or copy without an archive on the volume: oso-snapshot export --stream."));

    private string What(long archive)
    {
        string head = settings.SkipHead ? string.Empty : "512 MiB that Prometheus reserves for the in-memory head while it makes the snapshot";
        string size = archive == 0 ? string.Empty : $"some {ByteSize.Format(archive)} for the archive";
        return head.Length > 0 && size.Length > 0 ? $"{head}, then {size}" : head.Length + size.Length > 0 ? head + size : "the snapshot's directories";
    }
}
