using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>Restores an archive to a data directory for Prometheus, completely or not at all.</summary>
internal sealed class RestoreRun(string archive, RestoreTarget target, TextWriter output)
{
    /// <exception cref="OperatorException">The restore failed; the directory is as empty as before.</exception>
    public void Run(CancellationToken token)
    {
        try
        {
            target.RequireEmpty();
            using FileStream file = RegularFile.Open(archive);
            CheckedArchive checkedArchive = new(file, archive, output.WriteLine);

            // How much there is to unpack is known only at the end.
            IReadOnlyList<BlockReport> blocks = [];
            target.Fill(file.Length, unpacking => blocks = checkedArchive.Read(unpacking, token).Blocks);
            target.Tell([.. blocks.Select(block => block.Meta).OfType<BlockMeta>()]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"The restore failed: {e.Message}",
                Causes.Remedy(e, "remove the cause, then run the same command again; nothing stays in the directory"),
                e);
        }
    }
}
