using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Everything that can be known to fail, before anything is deleted.</summary>
internal sealed class Preflight(PrometheusLocator locator, SnapshotRun run, AgentSettings settings, Transcript transcript) : IStep
{
    // Prometheus preallocates the first segment of the head's block: tsdb/chunks/chunks.go, DefaultChunkSegmentSize.
    private const long HeadSegmentBytes = 512 * 1024 * 1024;

    public async Task RunAsync(CancellationToken token)
    {
        if (settings.Insecure)
        {
            transcript.Warning("OSO_SNAPSHOT_INSECURE is set: whoever answers over TLS is trusted.");
        }

        if (run.Target.CommandLine.IsAgent)
        {
            throw new AgentException(ExitStatus.PrometheusRefused, "This Prometheus runs in agent mode: it forwards its samples and has no TSDB to make a snapshot of.", "Make the snapshot where it sends them (remote_write).");
        }

        PrometheusServer server = await locator.FindAsync(run.Target, token);
        run.Server = server.AdminApiEnabled ? server : throw Refusals.AdminApiOff(server.BaseUrl);
        CheckRoom(run.Target.Data);
        transcript.Line($"Prometheus {server.Version} at {server.BaseUrl}, admin API on");
        transcript.Line($"Room: {OutOfRoom.State(run.Target.Data, settings.Reserve)}");
    }

    private void CheckRoom(DataDirectory data)
    {
        // Streaming leaves an earlier archive where it is and writes none; otherwise the new archive will be about as
        // long as the last one, which is deleted for it.
        long room = data.RoomBytes(settings.Reserve) + (settings.ToStandardOutput ? 0 : data.ReclaimableBytes());
        bool replacesAll = !settings.ToStandardOutput && settings.Since is null && settings.Until is null;
        long lastArchive = replacesAll ? FileStatus.Find(data.Archive)?.SizeBytes ?? 0 : 0;
        long needed = Math.Max(settings.SkipHead ? 1 : HeadSegmentBytes, lastArchive);
        if (room < needed)
        {
            throw new AgentException(
                ExitStatus.NoRoom,
                $"Not enough room for a snapshot{(settings.SkipHead ? string.Empty : " (Prometheus reserves 512 MiB for the in-memory head)")}: {OutOfRoom.State(data, settings.Reserve)}. Nothing was touched.",
                "Free or add space, lower OSO_SNAPSHOT_RESERVE if Prometheus can spare it" + (settings.SkipHead ? "." : ", or leave out the head, the last two to three hours: --env OSO_SNAPSHOT_SKIP_HEAD=yes."));
        }
    }
}
