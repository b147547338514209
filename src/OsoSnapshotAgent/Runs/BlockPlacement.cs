using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Where a block comes from and goes to.</summary>
/// <param name="Packed">The block's archive.</param>
internal sealed record IntakeContext(TargetContainer Target, LiveServer Server, Stream Packed);

/// <summary>
/// Writes one block beside the live ones, judges every byte, and gives it its name only when it is whole, flushed and
/// sound. A block that Prometheus can't open makes every later reload fail, and with it each compaction of the head.
/// </summary>
internal sealed class BlockPlacement(
    ProcFileSystem proc, AgentSettings settings, Transcript transcript, TimeProvider time)
{
    private const string Another = "Restore another snapshot (--at), or copy the backup again.";

    // One pace for all blocks: it learns what Prometheus needs.
    private Pace? _pace;

    /// <exception cref="OperatorException">The block is damaged or would harm the server. It is not there.</exception>
    /// <exception cref="ConnectionBrokenException">The block did not come whole. It is not there.</exception>
    /// <exception cref="IOException">It can't be written, or another process changed it.</exception>
    public async Task RunAsync(BlockId id, OfferedBlock offered, IntakeContext context, CancellationToken token)
    {
        DataDirectory data = context.Target.Data;
        using RestoreScratch scratch = RestoreScratch.Create(data, id);
        using Unpacking unpacking = new(
            scratch.Folder, OwnerOf(context.Target), needed => RequireRoom(data, needed));
        bool isInPlace = false;
        try
        {
            _pace ??= Pace.Beside(context.Target.Prometheus?.Pid, settings, proc, time);
            Stream packed = _pace is null ? context.Packed : new PacedStream(context.Packed, _pace, token);
            BlockVerdict verdict = Read(id, offered, packed, scratch.Folder, unpacking, token);
            BlockMeta meta = Judge(id, offered, verdict);
            await RequireBeforeHeadAsync(meta, context.Server, token);
            IReadOnlyList<LiveBlock> replaced = FindReplaced(meta, data);
            unpacking.Compare(scratch.Folder);
            unpacking.MoveTo(data.Directory);
            isInPlace = true;
            data.Directory.Flush();
            unpacking.Compare(data.Directory);
            Tell(id, meta, replaced, verdict.Audit?.Warning);
        }
        finally
        {
            if (!isInPlace)
            {
                Undo(unpacking, data.Directory);
            }
        }
    }

    private static BlockVerdict Read(
        BlockId id,
        OfferedBlock offered,
        Stream packed,
        DirectoryHandle scratch,
        IEntryVisitor sink,
        CancellationToken token)
    {
        BlockReading reading = new(
            id, offered.Fingerprint, sink, (block, path) => scratch.OpenFile($"{block}/{path}"))
        {
            MaxBytes = offered.Bytes,
        };
        try
        {
            return reading.Run(packed, token);
        }
        catch (EndOfStreamException e)
        {
            throw new ConnectionBrokenException(e.Message, e);
        }
    }

    private static BlockMeta Judge(BlockId id, OfferedBlock offered, BlockVerdict verdict)
    {
        if (offered.Sha256 is { } expected && verdict.Sha256.Text != expected)
        {
            throw Refuse(
                $"Block {id} came with the SHA-256 {verdict.Sha256}, but the backup's list names {expected}.", Another);
        }

        if ((verdict.Damage ?? (verdict.Problems is [var first, ..] ? first : null)) is { } damage)
        {
            throw Refuse(
                $"Block {id} is damaged: {Printable.Text(damage)}. Prometheus would fail to load it again and again, so it"
                + " was not restored.",
                Another);
        }

        BlockMeta meta = verdict.Audit?.Meta ?? throw Refuse($"Block {id} has no meta.json.", Another);
        return meta switch
        {
            { Compaction.IsDeletable: true } =>
                throw Refuse($"The meta.json of block {id} asks Prometheus to delete the block.", Another),
            _ when (meta.MinTime, meta.MaxTime) != (offered.From, offered.To) => throw Refuse(
                $"The meta.json of block {id} has other times than the backup's list.", "See kubectl oso-snapshot verify."),
            _ when verdict.Audit.HasUnknownEncoding => throw Refuse(
                $"Block {id} has chunks of an encoding that oso-snapshot {ProductVersion.Text} doesn't know. The server may not"
                + " know it either.",
                "Use a newer agent, or restore into a directory and start the Prometheus that made the block on it."),
            _ => meta,
        };
    }

    // Asked again for each block: a head without samples has got some meanwhile.
    private async Task RequireBeforeHeadAsync(BlockMeta meta, LiveServer server, CancellationToken token)
    {
        DateTimeOffset now = time.GetUtcNow();
        long end = meta.Compaction.IsOutOfOrder()
            ? now.ToUnixTimeMilliseconds()
            : await server.HeadStartAsync(now, token);
        if (meta.MaxTime > end)
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"Block {meta.Ulid} ends at {UtcTime.Format(meta.To())}, after the server's own newest samples begin. At its"
                + " next start, the server would lose its own. It was not restored.",
                RestorePlan.OverlapRemedy);
        }
    }

    private void RequireRoom(DataDirectory data, long needed)
    {
        VolumeRoom room = new(data, settings.Reserve);
        if (room.RoomBytes < needed)
        {
            throw new OperatorException(
                ExitStatus.NoRoom,
                $"No room for a file of {ByteSize.Format(needed)}: {room.Describe()}.",
                "Add space to the volume, and run the same command again: blocks that are back stay.");
        }
    }

    // Root's files would be in Prometheus' way: it couldn't delete them.
    private FileOwner? OwnerOf(TargetContainer target) =>
        target.Prometheus is { UserId: not 0 } process && proc.Self().UserId == 0
            ? new(process.UserId, process.GroupId)
            : null;

    // Prometheus deletes the parents of a block that it has loaded: tsdb/db.go, deletableBlocks.
    private static LiveBlock[] FindReplaced(BlockMeta meta, DataDirectory data)
    {
        // Most blocks have none, and then no block of the server is read.
        if (meta.Compaction.Parents is not { Count: > 0 } parents)
        {
            return [];
        }

        LiveBlock[] replaced =
            [.. LiveBlock.In(data).Where(block => parents.Any(parent => parent?.Ulid == block.Id.Text))];
        return Array.Find(replaced, block => !IsMadeOf(meta, block)) is { } other
            ? throw Refuse(
                $"Block {meta.Ulid} names block {other.Id} of the server as one that it replaces, and was not made of it:"
                + " Prometheus would delete that block.",
                Another)
            : replaced;
    }

    private static bool IsMadeOf(BlockMeta meta, LiveBlock block) =>
        meta.MinTime <= block.Meta.MinTime && block.Meta.MaxTime <= meta.MaxTime
        && block.Meta.Compaction.Sources?.All(source => meta.Compaction.Sources?.Contains(source) == true) == true;

    private void Tell(BlockId id, BlockMeta meta, IReadOnlyList<LiveBlock> replaced, string? warning)
    {
        string instead = replaced.Count == 0
            ? string.Empty
            : $"; it replaces {string.Join(", ", replaced.Take(5).Select(block => block.Id))}, whose samples it holds";
        transcript.Success(
            LogId.BlockRestored,
            $"Block {id} is back: {UtcTime.Format(meta.From())} to {UtcTime.Format(meta.To())}{instead}.");
        if (warning is not null)
        {
            transcript.Line(warning);
        }
    }

    private void Undo(Unpacking unpacking, DirectoryHandle data)
    {
        try
        {
            unpacking.Undo(data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            transcript.Warning(
                LogId.NotDeleted,
                $"Not everything could be deleted ({e.Message}). The next restore, or REMOVE=yes, will delete the rest.");
        }
    }

    private static OperatorException Refuse(string problem, string remedy) =>
        new(ExitStatus.ArchiveFailed, problem, remedy);
}
