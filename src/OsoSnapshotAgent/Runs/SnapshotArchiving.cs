using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Runs;

/// <summary>An archive under its partial name, and the result of reading it back.</summary>
/// <param name="LeftOut">The part of the snapshot that the archive lacks, in words; null if it lacks nothing.</param>
internal sealed record WrittenArchive(
    PartialFile File,
    ArchiveFigures Figures,
    ArchiveReport Report,
    string? LeftOut);

/// <summary>Writes the archive under its partial name, and reads it back while it is written.</summary>
internal sealed class SnapshotArchiving(
    ArchiveMaker maker,
    BlockSelection selection,
    RunState state,
    AgentSettings settings,
    Transcript transcript)
{
    /// <param name="undo">Gets the deletion of the partial file.</param>
    /// <exception cref="OperatorException">There is no room, no block, or the archive differs from what was
    /// written.</exception>
    public async Task<WrittenArchive> RunAsync(
        TargetContainer target,
        SnapshotName snapshot,
        IDeflateEngine engine,
        RunLock runLock,
        UndoStack undo,
        CancellationToken token)
    {
        state.Enter(Phase.ArchiveSnapshot);
        transcript.Title("STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA");
        runLock.Share();
        ArchiveSource source = selection.Choose(target, snapshot, engine);
        PartialFile file = PartialFile.Create(
            target.Data.Directory,
            DataDirectory.PartialName,
            DataDirectory.ArchiveName);
        undo.Add(file.Dispose);
        WrittenBytes written = new();
        state.Follow(written);
        VolumeRoom volume = new(target.Data, settings.Reserve);
        (ArchiveFigures figures, ArchiveReport report) = await maker.MakeAsync(
            source,
            engine,
            volume,
            file,
            written,
            token);
        return new(file, figures, report, source.LeftOut);
    }
}
