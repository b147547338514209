using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Archive;

/// <summary>Writes the archive, and verifies it close behind: what is read back has just been written, and no time is lost.</summary>
internal sealed class ArchiveMaker(ArchiveWriter writer)
{
    /// <param name="entries">In the order of the archive.</param>
    /// <param name="inputBytes">Sum of their sizes, for the progress.</param>
    /// <exception cref="AgentException">No room, a file changed while it was read, or the archive is not what was written.</exception>
    public async Task<(ArchiveManifest Manifest, VerifiedArchive Verified)> MakeAsync(
        IEnumerable<TreeEntry> entries, long inputBytes, AccountNames names, IDeflateEngine engine, DataDirectory data, PartialFile file, CancellationToken token)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        using BlockingCollection<ArchivedEntry> archived = [];
        WrittenBytes written = new();

        // Taken before the first write: asking for it moves the stream's position.
        SafeFileHandle descriptor = file.Stream.SafeFileHandle;
        Task<VerifiedArchive> verifying = Task.Run(Verify, CancellationToken.None);
        try
        {
            ArchiveManifest manifest = await Task.Run(
                () => writer.Write(entries, inputBytes, names, engine, data, file.Stream, archived.Add, written, stop.Token), CancellationToken.None);
            written.End();
            archived.CompleteAdding();
            return (manifest, await verifying);
        }
        catch (Exception e)
        {
            // The other one must have ended before what both use is gone.
            await stop.CancelAsync();
            written.End();
            archived.CompleteAdding();
            await ((Task)verifying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (e is OperationCanceledException && !token.IsCancellationRequested)
            {
                // It was the verifier that stopped the writer: its reason counts.
                await verifying;
            }

            throw;
        }

        VerifiedArchive Verify()
        {
            try
            {
                using ArchiveFollower follower = new(descriptor, written);
                Tsdb.BlockAudit audit = ArchiveVerifier.Verify(follower, archived.GetConsumingEnumerable(CancellationToken.None), stop.Token);
                return new() { Tally = audit.Tally, Blocks = audit.Blocks, Damage = audit.Problems, Crc32C = follower.Crc32C };
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }
    }
}
