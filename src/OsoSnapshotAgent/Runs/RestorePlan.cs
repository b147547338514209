using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>What a running server and its volume are like before blocks come.</summary>
internal sealed record RestoreConditions
{
    /// <summary>null if it is unknown.</summary>
    public required Version? Version { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The time of the head's first sample in Unix milliseconds.</summary>
    public required long HeadStart { get; init; }

    public required RetentionLimit Retention { get; init; }

    /// <summary>The bytes of the head and its log on the volume.</summary>
    public required long HeadBytes { get; init; }

    /// <summary>Whether the server merges blocks, and needs room for that.</summary>
    public required bool IsCompactionOff { get; init; }

    public required long RoomBytes { get; init; }

    public required long VolumeBytes { get; init; }

    public required IReadOnlyList<LiveBlock> Blocks { get; init; }

    /// <summary>Computes the fingerprint of a block that is there.</summary>
    public required Func<LiveBlock, string> Fingerprint { get; init; }
}

/// <summary>Decides what happens to each block that a client offers, before a byte is written.</summary>
internal sealed class RestorePlan(RestoreConditions server, RestoreRequest request)
{
    /// <summary>What to do about a block that reaches into the head.</summary>
    public const string OverlapRemedy =
        "Leave such blocks out with --leave-out-overlap. Or wait some hours, until the server has written its own samples"
        + " into blocks.";

    private const int MaxNamesTold = 5;

    // From this version on, Prometheus merges blocks that overlap in time: CHANGELOG of 2.39.
    private static readonly Version MergesOverlaps = new(2, 39);

    // Version 3 can't be read by older ones: prometheus.io/docs/prometheus/latest/migration, "TSDB format".
    private static readonly Version ReadsDataOf3 = new(2, 55);

    private readonly Dictionary<string, PlannedBlock> _plan = new(StringComparer.Ordinal);

    /// <returns>The plan, the oldest block first.</returns>
    /// <exception cref="OperatorException">What is asked would harm the server, or can't be done.</exception>
    public IReadOnlyList<PlannedBlock> Make()
    {
        OfferedBlock[] offered = [.. request.Blocks.OrderBy(block => block.From).ThenBy(block => block.Ulid)];
        OfferedBlock[] missing = [.. offered.Where(block => !IsThere(block))];
        RequireReadable(missing);
        missing = WithoutOverlap(missing);
        missing = WithoutExpired(missing);
        RequireRoom(missing);
        foreach (OfferedBlock block in missing)
        {
            LiveBlock? other = server.Blocks.FirstOrDefault(known => Overlaps(block, known));
            string? note = other is null ? null : $"overlaps block {other.Id} in time: the server merges them";
            Decide(block, BlockFates.Send, note);
        }

        return [.. offered.Select(block => _plan[block.Ulid])];
    }

    private void Decide(OfferedBlock block, string fate, string? note = null) =>
        _plan[block.Ulid] = new() { Ulid = block.Ulid, Fate = fate, Note = note };

    private bool IsThere(OfferedBlock block)
    {
        if (server.Blocks.FirstOrDefault(known => known.Id.Text == block.Ulid) is { } same)
        {
            if (server.Fingerprint(same) != block.Fingerprint)
            {
                throw new OperatorException(
                    ExitStatus.ArchiveFailed,
                    $"Block {block.Ulid} is in the data directory already, with other content. Nothing was written.",
                    "Series were deleted from one of the two. Leave this block out, or restore into another server.");
            }

            Decide(block, BlockFates.There);
            return true;
        }

        if (server.Blocks.FirstOrDefault(known => known.Meta.Compaction.IsMadeOf(block.Ulid)) is not { } made)
        {
            return false;
        }

        Decide(block, BlockFates.There, $"is part of block {made.Id}");
        return true;
    }

    private void RequireReadable(OfferedBlock[] missing)
    {
        if (missing.Length > 0 && server.Version < ReadsDataOf3
            && request.PrometheusVersion?.StartsWith("3.", StringComparison.Ordinal) == true)
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"The blocks were made by Prometheus {request.PrometheusVersion}, and this server is {server.Version}. It may not"
                + " be able to read them. Nothing was written.",
                "Use a Prometheus of version 2.55 or later.");
        }

        if (server.Version < MergesOverlaps
            && missing.FirstOrDefault(block => server.Blocks.Any(known => Overlaps(block, known))) is { } overlap)
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"Block {overlap.Ulid} overlaps a block of the server in time, and Prometheus {server.Version} can't merge"
                + " them. Nothing was written.",
                "Use a Prometheus of version 2.39 or later, or an empty one.");
        }
    }

    private OfferedBlock[] WithoutOverlap(OfferedBlock[] missing)
    {
        OfferedBlock[] reaching = [.. missing.Where(ReachesIntoHead)];
        if (reaching.Length > 0 && !request.LeavesOutOverlap)
        {
            DateTimeOffset start = DateTimeOffset.FromUnixTimeMilliseconds(server.HeadStart);
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"{Names(reaching)} holds samples from after {UtcTime.Format(start)}, where the server's own newest samples"
                + " begin. At its next start, the server would lose its own. Nothing was written.",
                OverlapRemedy);
        }

        return Without(missing, reaching, BlockFates.Overlap, "reaches into the server's newest samples");
    }

    // A block of samples that came out of order cuts no head. It ends at the present at most.
    private bool ReachesIntoHead(OfferedBlock block) => block.To > (block.IsOutOfOrder
        ? server.Now.ToUnixTimeMilliseconds()
        : server.HeadStart);

    private OfferedBlock[] WithoutExpired(OfferedBlock[] missing)
    {
        OfferedBlock[] expired = [.. ExpiredByTime(missing)];
        expired = [.. expired, .. ExpiredBySize([.. missing.Except(expired)])];
        if (expired.Length > 0 && !request.LeavesOutExpired)
        {
            throw new OperatorException(
                ExitStatus.PrometheusRefused,
                $"The server's retention ({Describe()}) would delete {Names(expired)} at once. Nothing was written.",
                "Raise the server's retention (--storage.tsdb.retention.time, --storage.tsdb.retention.size). Or restore the"
                + " others with --leave-out-expired.");
        }

        return Without(missing, expired, BlockFates.Expired, "is older than the server's retention keeps");
    }

    // Prometheus counts from the end of its newest block. The head's next blocks end about now.
    private IEnumerable<OfferedBlock> ExpiredByTime(OfferedBlock[] missing) => server.Retention.Time is not { } time
        ? []
        : missing.Where(block => Newest - (Int128)block.To >= (Int128)time.TotalMilliseconds);

    private long Newest => server.Blocks.Select(block => block.Meta.MaxTime)
        .Append(server.Now.ToUnixTimeMilliseconds()).Max();

    // Prometheus keeps the newest blocks that fit, and counts the head first: tsdb/db.go, BeyondSizeRetention.
    private IEnumerable<OfferedBlock> ExpiredBySize(OfferedBlock[] missing)
    {
        long limit = Math.Min(
            server.Retention.Bytes ?? long.MaxValue,
            server.Retention.Share is { } share ? (long)(share * server.VolumeBytes) : long.MaxValue);
        List<OfferedBlock> kept = [.. missing.OrderBy(block => block.To)];
        long held = ByteSize.Sum([server.HeadBytes, .. server.Blocks.Select(block => block.Bytes)]);
        while (kept.Count > 0 && ByteSize.Sum(kept.Select(block => block.Bytes).Append(held)) > limit)
        {
            yield return kept[0];
            kept.RemoveAt(0);
        }
    }

    private void RequireRoom(OfferedBlock[] missing)
    {
        if (missing.Length == 0)
        {
            return;
        }

        long blocks = ByteSize.Sum(missing.Select(block => block.Bytes));
        long compaction = server.IsCompactionOff
            ? 0
            : missing.Select(block => block.Bytes).Concat(server.Blocks.Select(block => block.Bytes)).Max();
        if (ByteSize.Sum(blocks, compaction) > server.RoomBytes)
        {
            throw new OperatorException(
                ExitStatus.NoRoom,
                $"Not enough room: {ByteSize.Format(blocks)} for the blocks and {ByteSize.Format(compaction)} for the server's"
                + $" next compaction are needed, {ByteSize.Format(Math.Max(0, server.RoomBytes))} are free beyond the reserve."
                + " Nothing was written.",
                "Add space to the volume, or lower OSO_SNAPSHOT_RESERVE if Prometheus can spare it.");
        }
    }

    private OfferedBlock[] Without(OfferedBlock[] missing, OfferedBlock[] left, string fate, string note)
    {
        Array.ForEach(left, block => Decide(block, fate, note));
        return [.. missing.Except(left)];
    }

    private string Describe()
    {
        List<string> limits = [];
        if (server.Retention.Time is { } time)
        {
            limits.Add(Durations.Format(time));
        }

        if (server.Retention.Bytes is { } bytes)
        {
            limits.Add(ByteSize.Format(bytes));
        }

        if (server.Retention.Share is { } share)
        {
            limits.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{share:0.#%} of the volume"));
        }

        return string.Join(", ", limits);
    }

    private static bool Overlaps(OfferedBlock block, LiveBlock known) =>
        block.From < known.Meta.MaxTime && known.Meta.MinTime < block.To;

    private static string Names(OfferedBlock[] blocks)
    {
        string names = string.Join(", ", blocks.Take(MaxNamesTold).Select(
            block => $"{block.Ulid} (until {UtcTime.Format(TimeOf(block))})"));
        return (blocks.Length == 1 ? "block " : $"{Plural.Of(blocks.Length, "block")}: ") + names
            + (blocks.Length > MaxNamesTold ? ", …" : string.Empty);
    }

    private static DateTimeOffset TimeOf(OfferedBlock block) =>
        new OsoSnapshotCore.Blocks.BlockMeta { MaxTime = block.To }.To();
}
