using OsoSnapshotClient.Restore;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Restores a backed up snapshot to a data directory for Prometheus, completely or not at all.</summary>
/// <param name="pod"><inheritdoc cref="SnapshotChoice" path="/param[@name='pod']"/></param>
/// <param name="at"><inheritdoc cref="SnapshotChoice" path="/param[@name='at']"/></param>
internal sealed class BackupRestore(BackupPlace place, string? pod, string? at, RestoreTarget target, TextWriter output)
{
    /// <summary>Whose snapshot was restored; null before.</summary>
    public PodName? Pod { get; private set; }

    /// <exception cref="OperatorException">The restore failed; the target is as empty as before.</exception>
    public void Run(CancellationToken token)
    {
        try
        {
            using IBackupStore store = place.OpenToRead(token);
            ListedSnapshot snapshot = new SnapshotChoice(store, pod, at).Find();
            output.WriteLine($"Restoring {snapshot}: {Plural.Of(snapshot.Blocks.Count, "block")}");
            foreach ((BlockName name, BackupBlock block) in snapshot.Blocks)
            {
                RequireWhole(store, snapshot, name, block);
            }

            target.RequireEmpty();
            List<BlockMeta> metas = [];
            target.Fill(
                ByteSize.Sum(snapshot.List.Blocks.Select(block => block.Bytes)),
                unpacking => Unpack(store, snapshot, unpacking, metas, token));
            output.WriteLine($"✅ SHA-256 and content of each block as in {snapshot.Path}");
            target.Tell(metas);
            Pod = snapshot.Pod;
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

    /// <exception cref="OperatorException">The block is missing, or has another size.</exception>
    internal static void RequireWhole(
        IBackupStore store, ListedSnapshot snapshot, BlockName name, BackupBlock block)
    {
        if (store.Find(name.Path) is not { } file)
        {
            throw Damaged(snapshot, name, $"{store.PathOf(name)} is missing");
        }

        if (file.SizeBytes != block.FileBytes)
        {
            throw Damaged(snapshot, name, $"it has {Plural.Of(file.SizeBytes, "byte")}, not {block.FileBytes}");
        }
    }

    private static void Unpack(
        IBackupStore store,
        ListedSnapshot snapshot,
        IEntryVisitor unpacking,
        List<BlockMeta> metas,
        CancellationToken token)
    {
        foreach ((BlockName name, BackupBlock block) in snapshot.Blocks)
        {
            using Stream file = store.Open(name.Path);
            BlockReading reading = new(name.Ulid, name.Fingerprint, unpacking)
            {
                MaxBytes = block.Bytes,
                ReadsAhead = true,
            };
            BlockVerdict verdict = reading.Run(file, token);
            if (verdict.Damage is { } damage)
            {
                throw Damaged(snapshot, name, damage);
            }

            if (verdict.Sha256 != block.Sha256)
            {
                throw Damaged(snapshot, name, $"its SHA-256 is {verdict.Sha256}, not {block.Sha256}");
            }

            if (verdict.Problems is [var problem, ..])
            {
                throw Damaged(snapshot, name, problem);
            }

            // A list may be wrong about a block's times: Prometheus reads meta.json alone.
            metas.AddRange(verdict.Audit?.Meta is { } meta ? [meta] : []);
        }
    }

    internal static OperatorException Damaged(ListedSnapshot snapshot, BlockName name, string how) =>
        BackupDamage.Damaged(
            $"Block {name} of snapshot {snapshot} is damaged: {Printable.Text(how)}.",
            "choose another snapshot with --at, take the block from a copy of the directory, or restore the other"
            + " blocks with tar");
}
