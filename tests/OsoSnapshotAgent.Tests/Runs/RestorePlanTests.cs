using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>Tests what is decided about each block before a byte is written.</summary>
public sealed class RestorePlanTests
{
    private const string Fingerprint = "0123456789abcdef";
    private const long Hour = 3_600_000;
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_blocks_that_the_server_lacks_are_sent_the_oldest_first()
    {
        IReadOnlyList<PlannedBlock> plan = Plan(Empty, Block('B', hoursAgo: 5), Block('A', hoursAgo: 8));

        Assert.Equal([(Name('A'), "send", null), (Name('B'), "send", null)], plan.Select(Facts));
    }

    [Fact]
    public void A_block_that_is_there_with_the_same_content_is_not_sent()
    {
        RestoreConditions server = Empty with { Blocks = [Live('A', hoursAgo: 8)] };

        Assert.Equal((Name('A'), "there", null), Facts(Assert.Single(Plan(server, Block('A', hoursAgo: 8)))));
    }

    [Fact]
    public void A_block_of_the_same_name_with_other_content_is_refused()
    {
        RestoreConditions server = Empty with { Blocks = [Live('A', hoursAgo: 8)], Fingerprint = _ => "ffffffffffffffff" };

        OperatorException refused = Refused(server, Block('A', hoursAgo: 8));

        Assert.Equal(ExitStatus.ArchiveFailed, refused.Status);
        Assert.StartsWith($"Block {Name('A')} is in the data directory already, with other content.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_block_that_a_block_of_the_server_was_made_of_is_there(bool isParent)
    {
        BlockCompaction compaction = isParent
            ? new() { Parents = [new() { Ulid = Name('A') }] }
            : new() { Sources = [Name('X'), Name('A')] };
        RestoreConditions server = Empty with { Blocks = [Live('C', hoursAgo: 8, compaction)] };

        Assert.Equal(
            (Name('A'), "there", $"is part of block {Name('C')}"), Facts(Assert.Single(Plan(server, Block('A', hoursAgo: 9)))));
    }

    [Fact]
    public void A_block_that_ends_where_the_head_begins_is_sent()
    {
        RestoreConditions server = Empty with { HeadStart = Ago(hours: 1) };

        Assert.True(Assert.Single(Plan(server, Block('A', hoursAgo: 1))).IsToSend);
    }

    [Fact]
    public void A_block_that_reaches_one_millisecond_into_the_head_is_refused_or_left_out()
    {
        RestoreConditions server = Empty with { HeadStart = Ago(hours: 1) - 1 };

        OperatorException refused = Refused(server, Block('A', hoursAgo: 1));
        IReadOnlyList<PlannedBlock> plan = new RestorePlan(server, Request(Block('A', hoursAgo: 1), Block('B', hoursAgo: 5)) with
        {
            LeavesOutOverlap = true,
        }).Make();

        Assert.Equal(ExitStatus.PrometheusRefused, refused.Status);
        Assert.Contains("the server would lose its own", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--leave-out-overlap", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(["send", "overlap"], plan.Select(block => block.Fate));
    }

    [Fact]
    public void A_block_of_samples_that_came_out_of_order_may_reach_into_the_head_and_not_beyond_the_present()
    {
        RestoreConditions server = Empty with { HeadStart = Ago(hours: 2) };

        Assert.True(Assert.Single(Plan(server, Block('A', hoursAgo: 1) with { IsOutOfOrder = true })).IsToSend);
        Assert.Equal(
            ExitStatus.PrometheusRefused, Refused(server, Block('A', hoursAgo: -1) with { IsOutOfOrder = true }).Status);
    }

    [Fact]
    public void A_block_that_the_retention_would_delete_is_refused_or_left_out_measured_from_now()
    {
        RestoreConditions server = Empty with { Retention = new(TimeSpan.FromHours(24), null, null) };

        OperatorException refused = Refused(server, Block('A', hoursAgo: 24));
        IReadOnlyList<PlannedBlock> plan = new RestorePlan(server, Request(Block('A', hoursAgo: 24), Block('B', hoursAgo: 23)) with
        {
            LeavesOutExpired = true,
        }).Make();

        Assert.StartsWith($"The server's retention (24h) would delete block {Name('A')} ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--leave-out-expired", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(["expired", "send"], plan.Select(block => block.Fate));
    }

    [Fact]
    public void The_retention_counts_from_a_block_of_the_future_that_the_server_has()
    {
        RestoreConditions server = Empty with
        {
            Retention = new(TimeSpan.FromHours(24), null, null),
            Blocks = [Live('Z', hoursAgo: -20)],
        };

        Assert.Contains("would delete", Refused(server, Block('A', hoursAgo: 5)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_oldest_blocks_that_a_retention_by_size_would_delete_are_left_out(bool isShare)
    {
        RestoreConditions server = Empty with
        {
            Retention = isShare ? new(null, null, 0.35) : new(null, 350, null),
            VolumeBytes = 1000,
            HeadBytes = 100,
            Blocks = [Live('Z', hoursAgo: 3)],
        };

        IReadOnlyList<PlannedBlock> plan = new RestorePlan(server, Request(Block('A', hoursAgo: 9), Block('B', hoursAgo: 6)) with
        {
            LeavesOutExpired = true,
        }).Make();

        Assert.Equal(["expired", "send"], plan.Select(block => block.Fate));
        Assert.Equal(ExitStatus.PrometheusRefused, Refused(server, Block('A', hoursAgo: 9), Block('B', hoursAgo: 6)).Status);
    }

    [Fact]
    public void Where_the_head_alone_exceeds_the_retention_by_size_every_block_is_left_out_and_the_limit_is_told()
    {
        RestoreConditions server = Empty with { Retention = new(null, 350, null), HeadBytes = 351 };

        OperatorException refused = Refused(server, Block('A', hoursAgo: 9));
        IReadOnlyList<PlannedBlock> plan =
            new RestorePlan(server, Request(Block('A', hoursAgo: 9)) with { LeavesOutExpired = true }).Make();

        Assert.StartsWith($"The server's retention (350 B) would delete block {Name('A')} ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("expired", Assert.Single(plan).Fate);
    }

    [Fact]
    public void Blocks_without_room_for_them_and_for_a_compaction_are_refused()
    {
        RestoreConditions server = Empty with { RoomBytes = 299 };

        OperatorException refused = Refused(server, Block('A', hoursAgo: 9), Block('B', hoursAgo: 6));

        Assert.Equal(ExitStatus.NoRoom, refused.Status);
        Assert.Equal(2, Plan(server with { RoomBytes = 300 }, Block('A', hoursAgo: 9), Block('B', hoursAgo: 6)).Count);
        Assert.Equal(
            2, Plan(server with { RoomBytes = 200, IsCompactionOff = true }, Block('A', hoursAgo: 9), Block('B', hoursAgo: 6)).Count);
    }

    [Theory]
    [InlineData("2.38.0", false)]
    [InlineData("2.39.0", true)]
    public void Blocks_that_overlap_are_sent_to_a_server_that_merges_them(string version, bool isAllowed)
    {
        RestoreConditions server = Empty with { Version = Version.Parse(version), Blocks = [Live('Z', hoursAgo: 5)] };

        if (isAllowed)
        {
            Assert.Equal(
                $"overlaps block {Name('Z')} in time: the server merges them", Assert.Single(Plan(server, Block('A', hoursAgo: 6))).Note);
        }
        else
        {
            Assert.Contains("can't merge", Refused(server, Block('A', hoursAgo: 6)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void Blocks_that_touch_do_not_overlap(int hoursAgo)
    {
        RestoreConditions server = Empty with { Version = new(2, 38), Blocks = [Live('Z', hoursAgo: 5)] };

        Assert.Equal((Name('A'), "send", null), Facts(Assert.Single(Plan(server, Block('A', hoursAgo)))));
    }

    [Theory]
    [InlineData("2.54.1", "3.5.0", false)]
    [InlineData("2.55.0", "3.5.0", true)]
    [InlineData("2.42.0", "2.53.0", true)]
    public void Data_of_version_3_needs_a_server_that_reads_it(string server, string source, bool isAllowed)
    {
        RestorePlan plan = new(
            Empty with { Version = Version.Parse(server) },
            Request(Block('A', hoursAgo: 6)) with { PrometheusVersion = source });

        if (isAllowed)
        {
            Assert.True(Assert.Single(plan.Make()).IsToSend);
        }
        else
        {
            Assert.Contains("2.55", Assert.Throws<OperatorException>(plan.Make).Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Many_refused_blocks_are_named_by_their_first_ones()
    {
        RestoreConditions server = Empty with { Retention = new(TimeSpan.FromHours(1), null, null) };
        OfferedBlock[] blocks = [.. "ABCDEFGHJK".Select((letter, number) => Block(letter, hoursAgo: 100 + number))];

        string message = Refused(server, blocks).Message;

        Assert.Contains("10 blocks: ", message, StringComparison.Ordinal);
        Assert.Contains(", …", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 1, 600);
    }

    private static RestoreConditions Empty => new()
    {
        Version = new(2, 42),
        Now = Now,
        HeadStart = Now.ToUnixTimeMilliseconds(),
        Retention = new(null, null, null),
        HeadBytes = 0,
        IsCompactionOff = false,
        RoomBytes = 1 << 20,
        VolumeBytes = 1 << 21,
        Blocks = [],
        Fingerprint = _ => Fingerprint,
    };

    private static (string, string, string?) Facts(PlannedBlock block) => (block.Ulid, block.Fate, block.Note);

    private static IReadOnlyList<PlannedBlock> Plan(RestoreConditions server, params OfferedBlock[] blocks) =>
        new RestorePlan(server, Request(blocks)).Make();

    private static OperatorException Refused(RestoreConditions server, params OfferedBlock[] blocks) =>
        Assert.Throws<OperatorException>(() => Plan(server, blocks));

    private static RestoreRequest Request(params OfferedBlock[] blocks) => new() { Blocks = blocks };

    // A block of two hours and 100 bytes.
    private static OfferedBlock Block(char letter, int hoursAgo) => new()
    {
        Ulid = Name(letter),
        Fingerprint = Fingerprint,
        From = Ago(hoursAgo) - (2 * Hour),
        To = Ago(hoursAgo),
        Bytes = 100,
    };

    private static LiveBlock Live(char letter, int hoursAgo, BlockCompaction? compaction = null)
    {
        Assert.True(BlockId.TryParse(Name(letter), out BlockId id));
        return new(
            id,
            new() { Ulid = id.Text, MinTime = Ago(hoursAgo) - (2 * Hour), MaxTime = Ago(hoursAgo), Compaction = compaction ?? new() },
            100);
    }

    private static long Ago(int hours) => Now.ToUnixTimeMilliseconds() - (hours * Hour);

    private static string Name(char letter) => "01HXQ5Z8M2N3P4R5S6T7V8W9A" + letter;
}
