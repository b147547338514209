using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// Makes an archive of one block, or any part of that archive. The same block always gives the same bytes.
/// </summary>
/// <param name="prometheusPid">The process for which the compression pauses; null if none is visible.</param>
internal sealed class BlockArchive(DirectoryHandle block, BlockId id, AgentSettings settings, int? prometheusPid = null)
{
    private readonly IDeflateEngine _engine = GzipEngines.Choose(settings.Level);

    /// <summary>Writes a part of the archive. The bytes before the part are made too, and dropped.</summary>
    /// <returns>
    /// The lines for standard error: the engine and the bytes written. If the part reaches the archive's end, also the
    /// bytes and SHA-256 of the whole archive.
    /// </returns>
    /// <exception cref="OperatorException">The offset lies after the archive's end, or the block can't be
    /// read.</exception>
    public IReadOnlyList<string> Write(Stream output, long offset, long length)
    {
        using CancellationTokenSource stop = new();
        using WindowStream window = new(output, offset, length, stop.Cancel);
        string engine = $"engine {_engine.Identity}";
        try
        {
            ArchiveFigures whole = WriteAll(window, stop.Token);
            return offset <= whole.ArchiveBytes
                ? [engine, $"written {window.BytesWritten}", $"bytes {whole.ArchiveBytes}", $"sha256 {whole.Sha256}"]
                : throw new OperatorException(
                    ExitStatus.Settings,
                    $"--offset is {offset}, but block {id} has {whole.ArchiveBytes} bytes.",
                    "Compare the copy's SHA-256: the copy is not of this block.");
        }
        catch (OperationCanceledException) when (window.HasEnded)
        {
            return [engine, $"written {window.BytesWritten}"];
        }
    }

    /// <summary>Writes the whole archive.</summary>
    /// <exception cref="OperatorException">The block can't be read.</exception>
    public ArchiveFigures WriteAll(Stream output, CancellationToken token)
    {
        using ConsoleOutput silent = new(_ => true);
        Progress progress = new(silent, new Terminal(), TimeProvider.System);
        return new ArchiveWriter(settings, progress, TimeProvider.System, new ProcFileSystem("/proc")).Write(
            BlockArchiveSource.Of(block, id) with { PrometheusPid = prometheusPid },
            _engine,
            volume: null,
            output,
            _ => { },
            new WrittenBytes(),
            token);
    }
}
