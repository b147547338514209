using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Archives the snapshot to standard output, without a file on the volume, and deletes the snapshot.</summary>
internal sealed class SnapshotStreaming(
    ArchiveWriter writer,
    BlockSelection selection,
    IStreamSink sink,
    RunState state,
    TimeProvider time,
    Transcript transcript)
{
    /// <exception cref="OperatorException">There is no block, or the reader went away.</exception>
    public async Task<RunResult> RunAsync(
        TargetContainer target,
        SnapshotName snapshot,
        IDeflateEngine engine,
        UndoStack undo,
        CancellationToken token)
    {
        state.Enter(Phase.StreamSnapshot);
        transcript.Title("STEP 3: STREAMING THE ARCHIVE OF THE SNAPSHOT DATA TO STANDARD OUTPUT");
        long startedAt = time.GetTimestamp();
        ArchiveSource source = selection.Choose(target, snapshot, engine);
        WrittenBytes written = new();
        state.Follow(written);
        await using Stream output = await sink.OpenAsync(token);
        ArchiveFigures figures = await Task.Run(
            () => writer.Write(source, engine, volume: null, output, _ => { }, written, token),
            CancellationToken.None);
        state.Update(status => status with { ArchiveBytes = figures.ArchiveBytes, Sha256 = figures.Sha256 });
        sink.Finish(figures);
        undo.Run();
        transcript.Success(
            LogId.SnapshotStreamed,
            $"Snapshot {snapshot} streamed and deleted. Verify the copy where it is: oso-snapshot verify FILE, or sha256sum.");
        transcript.Lines([
            $"  Input       {figures.InputBytes} bytes",
            $"  Archive     {figures.ArchiveBytes} bytes",
            $"  SHA-256     {figures.Sha256}",
            $"  Duration    {Durations.Format(time.GetElapsedTime(startedAt))}{RunReport.PauseNote(figures)}",
        ]);
        return new(ExitStatus.Done, $"streamed {figures.ArchiveBytes} bytes, sha256 {figures.Sha256}");
    }
}
