using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>
/// Tests files that Prometheus never makes. The run succeeds, or ends with status 6 and says what is wrong and where.
/// </summary>
public sealed class OddFileTests : IDisposable
{
    private const string Block = $"snapshots/{SampleData.Name}/{SampleBlock.Ulid}";

    private readonly SampleData _sample = new SampleData().WithBlock();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("snapshots.tgz", false)]
    [InlineData("snapshots.tgz.part", false)]
    [InlineData("snapshots.tgz.sha256", false)]
    [InlineData("snapshots.tgz", true)]
    [InlineData("snapshots.tgz.part", true)]
    [InlineData("snapshots.tgz.sha256", true)]
    [InlineData("snapshots.log", true)]
    public async Task A_directory_where_a_file_of_ours_would_be_is_told_before_anything_is_deleted(string name, bool removes)
    {
        _sample.Directory.Write($"{name}/precious", "x");
        IReadOnlyList<string> before = _sample.Directory.Content();
        using Agent agent = Create(SampleData.NoReserve with { Mode = removes ? RunMode.Remove : RunMode.Take });

        await Expect.FailureAsync(() => Clean(agent, removes), ExitStatus.ArchiveFailed, $"{name} is a directory, but the agent expects a file of its own there. Nothing was touched.", "move it away");

        Assert.Equal(before, _sample.Directory.Content());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_where_the_snapshots_would_be_is_told_before_anything_is_deleted(bool removes)
    {
        Directory.Delete(_sample.Directory.PathOf("snapshots"), recursive: true);
        _sample.Directory.Write("snapshots", "precious");
        _sample.Directory.Write("snapshots.tgz", "x");
        using Agent agent = Create(SampleData.NoReserve with { Mode = removes ? RunMode.Remove : RunMode.Take });

        await Expect.FailureAsync(() => Clean(agent, removes), ExitStatus.ArchiveFailed, "snapshots is not a directory", "move it away");

        Assert.Equal(["snapshots", "snapshots.tgz", "wal/", "wal/00000000"], _sample.Directory.Content());
    }

    [Theory]
    [InlineData("meta.json", "has no sound meta.json")]
    [InlineData("index", "has no sound index")]
    [InlineData("tombstones", null)]
    [InlineData("chunks/000001", "has no chunks/000001")]
    public async Task A_directory_in_the_place_of_a_blocks_file_is_archived_and_told_as_damage(string name, string? damage)
    {
        File.Delete(_sample.Directory.PathOf($"{Block}/{name}"));
        _sample.Directory.Write($"{Block}/{name}/x", "x");
        using Agent agent = Create(SampleData.NoReserve with { Until = DateTimeOffset.MaxValue });

        RunResult result = await agent.ArchiveAndPublishAsync(_sample.Snapshot);

        Assert.Equal(damage is null ? ExitStatus.Done : ExitStatus.DamagedBlocks, result.Status);
        Assert.True(damage is null || agent.Transcript.Lines.Any(line => line.Contains(damage, StringComparison.Ordinal)), agent.Transcript.Text);
    }

    [Fact]
    public async Task A_file_in_the_place_of_a_blocks_directory_holds_no_block()
    {
        Directory.Delete(_sample.Directory.PathOf(Block), recursive: true);
        _sample.Directory.Write(Block, "x");
        using Agent agent = Create(SampleData.NoReserve);

        await Expect.FailureAsync(() => agent.ArchiveAsync(_sample.Snapshot), ExitStatus.NoBlock, "holds no block", "See whether");
    }

    [Theory]
    [InlineData("new\\nline")]
    [InlineData("esc\\033[2J")]
    public async Task A_file_whose_name_holds_control_characters_is_archived_and_never_printed_raw(string name)
    {
        Touch($"{Block}/chunks/{name}");
        _sample.Directory.Write($"{Block}/meta.json", "{\"version\":1,\"ulid\":\"\\u001b[2J\\n\"}");
        using Agent agent = Create(SampleData.NoReserve);

        RunResult result = await agent.ArchiveAndPublishAsync(_sample.Snapshot);

        Assert.Equal(ExitStatus.DamagedBlocks, result.Status);
        using StringWriter output = new(CultureInfo.InvariantCulture);
        Assert.ThrowsAny<OperatorException>(() => VerifyCommand.Verify(() => VerifySubject.OfPath(_sample.Data.Archive), ascii: false, output));
        foreach (string printed in (string[])[output.ToString(), .. StatusLines.Of(agent.State.Describe())])
        {
            Assert.DoesNotContain(printed, letter => char.IsControl(letter) && letter != '\n');
        }

        Assert.DoesNotContain(StatusLines.Of(agent.State.Describe()), line => line.Contains('\n', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData($"{Block}/chunks/\\377")]
    [InlineData($"snapshots/{SampleData.Name}/\\303(")]
    public async Task A_name_in_the_snapshot_that_is_not_UTF_8_is_told_before_anything_is_archived(string name)
    {
        Touch(name);
        using Agent agent = Create(SampleData.NoReserve);

        await Expect.FailureAsync(() => agent.ArchiveAsync(_sample.Snapshot), ExitStatus.ArchiveFailed, "has a name that is not UTF-8", "delete it");

        Assert.False(File.Exists(_sample.PartialArchive));
        SystemTool.Output("rm", "-r", _sample.SnapshotPath);
    }

    [Fact]
    public async Task An_earlier_snapshot_with_a_name_that_is_not_UTF_8_is_deleted()
    {
        Touch($"{Block}/\\377");
        using Agent agent = Create(SampleData.NoReserve);

        Exception? failure = await Record.ExceptionAsync(() => Clean(agent, removes: false));

        Assert.Null(failure);
        Assert.DoesNotContain("snapshots/", _sample.Directory.Content());
    }

    [Theory]
    [InlineData("new\\nline")]
    [InlineData("\\377\\376")]
    [InlineData("esc\\033[2J")]
    public async Task Odd_names_beside_ours_are_left_alone(string name)
    {
        Touch(name);
        using Agent agent = Create(SampleData.NoReserve);

        await Clean(agent, removes: false);

        Assert.Equal("1\n", SystemTool.Output("bash", "-c", $"stat -c %h \"$0\"/$'{name}'", _sample.Directory.Root));
        SystemTool.Output("bash", "-c", $"rm \"$0\"/$'{name}'", _sample.Directory.Root);
    }

    [Theory]
    [InlineData("@99999999999999")]
    [InlineData("@-99999999999999")]
    public void A_files_time_may_be_any_number(string time)
    {
        // A tmpfs keeps 64 bits of a file's time. ext4 does not.
        string path = $"/dev/shm/oso-snapshot-test-{Guid.NewGuid()}";
        try
        {
            SystemTool.Output("touch", "-d", time, path);
            using DirectoryHandle shm = DirectoryHandle.Open("/dev/shm");
            string name = $"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/index";

            ArchiveFigures figures = _sample.WritePartial(entries: [new TreeEntry(name, shm.Find(Path.GetFileName(path))!, shm, Path.GetFileName(path))]);

            _sample.Verify(figures);
            Assert.Contains(name, SystemTool.Output("tar", "-tzf", _sample.PartialArchive), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task An_owner_of_any_number_is_archived_and_read_back()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root may give a file away.");
        SystemTool.Output("chown", "4294967294:2147483648", _sample.Directory.PathOf($"{Block}/index"));
        using Agent agent = Create(SampleData.NoReserve);

        RunResult result = await agent.ArchiveAndPublishAsync(_sample.Snapshot);

        Assert.Equal(ExitStatus.Done, result.Status);
        string listing = SystemTool.Output("tar", "--numeric-owner", "-tvzf", _sample.Data.Archive, $"{Block}/index");
        Assert.Contains(" 4294967294/2147483648 ", listing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-366)]
    [InlineData(366)]
    public async Task A_wall_clock_that_jumps_changes_no_hold(int days)
    {
        using Agent agent = Create(SampleData.NoReserve with { Hold = TimeSpan.FromHours(1) });
        RunResult result = await agent.ArchiveAndPublishAsync(_sample.Snapshot);
        Task hold = agent.HoldAsync();
        while (!agent.State.Hold.IsHolding)
        {
            await Task.Delay(10, Token);
        }

        // The clock jumps twice, so that the hold has looked at the clock before one of the jumps.
        for (int jumps = 1; jumps <= 2; jumps++)
        {
            agent.Time.SetWallClock(TimeSpan.FromDays(days * jumps));
            await Task.Delay(1000, Token);
        }

        Assert.False(hold.IsCompleted, agent.Transcript.Text);
        agent.Time.Advance(TimeSpan.FromHours(1));
        await hold.WaitAsync(TimeSpan.FromMinutes(2), Token);

        Assert.Contains("The hold ends after 1h (OSO_SNAPSHOT_HOLD).", agent.Transcript.Lines);    }

    [Theory]
    [InlineData(-366)]
    [InlineData(366)]
    public void A_wall_clock_that_jumps_changes_no_rate_limit(int days)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(5));
        Stopwatch watch = Stopwatch.StartNew();

        // The bytes can't be compressed. The measuring clock does not advance, so the limit delays all of the 3,000
        // bytes or so.
        IEnumerable<TreeEntry> entries = _sample.Entries().Select(entry =>
        {
            _sample.Time.SetWallClock(TimeSpan.FromDays(days));
            return entry;
        });
        _sample.WritePartial(SampleData.NoReserve with { RateLimitBytesPerSecond = 3_000 }, entries, limit.Token);

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    }

    public void Dispose() => _sample.Dispose();

    private static async Task Clean(Agent agent, bool removes)
    {
        if (removes)
        {
            await agent.RemoveAsync();
        }
        else
        {
            agent.Clean();
        }
    }

    // A shell makes the file, because .NET can't write every name.
    private void Touch(string name) => SystemTool.Output("bash", "-c", $"touch \"$0\"/$'{name}'", _sample.Directory.Root);

    private Agent Create(AgentSettings settings) => new(_sample.Directory, settings);
}
