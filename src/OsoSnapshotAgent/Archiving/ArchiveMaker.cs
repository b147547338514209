using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Archiving;

/// <summary>Writes the archive and reads it back at the same time, so that the check takes no extra time.</summary>
internal sealed class ArchiveMaker(ArchiveWriter writer)
{
    /// <exception cref="OperatorException">There is no room, a file changed while it was read, or the archive differs
    /// from what was written.</exception>
    public async Task<(ArchiveFigures Figures, ArchiveReport Report)> MakeAsync(
        ArchiveSource source,
        IDeflateEngine engine,
        VolumeRoom volume,
        PartialFile file,
        WrittenBytes written,
        CancellationToken token)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        using BlockingCollection<ArchivedEntry> archived = [];

        // The descriptor is taken before the first write, because SafeFileHandle moves the stream's position.
        SafeFileHandle descriptor = file.Stream.SafeFileHandle;
        Task<ArchiveReport> verifying = Task.Run(
            () => Verify(descriptor, written, archived, stop),
            CancellationToken.None);
        try
        {
            ArchiveFigures figures = await Task.Run(
                () => writer.Write(source, engine, volume, file.Stream, archived.Add, written, stop.Token),
                CancellationToken.None);
            Complete(written, archived);
            return (figures, await verifying);
        }
        catch (Exception e)
        {
            // The verifier must not outlive the file that both tasks share.
            await stop.CancelAsync();
            Complete(written, archived);
            await ((Task)verifying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (e is OperationCanceledException && !token.IsCancellationRequested)
            {
                // The verifier stopped the writer. Its exception has the reason.
                await verifying;
            }

            throw;
        }
    }

    private static void Complete(WrittenBytes written, BlockingCollection<ArchivedEntry> archived)
    {
        written.Complete();
        archived.CompleteAdding();
    }

    private static ArchiveReport Verify(
        SafeFileHandle file,
        WrittenBytes written,
        BlockingCollection<ArchivedEntry> archived,
        CancellationTokenSource stop)
    {
        try
        {
            PageCache.EvictFirst(file);
            using ArchiveFollower follower = new(file, written);
            BlockAudit audit = ArchiveVerifier.Verify(
                follower,
                archived.GetConsumingEnumerable(CancellationToken.None),
                stop.Token);
            return new()
            {
                Tally = audit.Tally,
                Blocks = audit.Blocks,
                Problems = audit.Problems,
                Crc32C = follower.Crc32C,
            };
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }
}
