using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Runs;

public sealed class RunOpenerTests : IDisposable
{
    private static readonly AgentSettings Take = new();
    private static readonly AgentSettings Remove = new() { Mode = RunMode.Remove };
    private static readonly AgentSettings Stream = new() { Mode = RunMode.Stream };

    private readonly TempDirectory _directory = new();
    private readonly FakeProc _proc;
    private readonly string _data;

    public RunOpenerTests()
    {
        _proc = new(_directory);
        _proc.Add(1, "prometheus", ["prometheus", "--storage.tsdb.path=/data"]);
        _data = _proc.MakeData(1, "/data");
    }

    public static TheoryData<string, string> Runs => new()
    {
        { nameof(Take), "Prometheus snapshot procedure started" },
        { nameof(Remove), "REMOVE is set to 'yes'" },
        { nameof(Stream), "Prometheus snapshot procedure started" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Says_what_begins_and_where_and_logs_on_the_volume_only_what_makes_an_archive(string run, string banner)
    {
        using Agent agent = Create(Settings(run) with { Warnings = ["an old variable"] });

        using OpenTarget open = Open(agent, run);

        Assert.Contains(agent.Transcript.Lines, line => line.Contains(banner, StringComparison.Ordinal));
        Assert.Contains("⚠️ an old variable", agent.Transcript.Lines);
        Assert.Contains($"Target: PID 1 (prometheus) as 65534:65534, data directory {_data}", agent.Transcript.Lines);
        Assert.Equal(_data, open.Target.Data.PathSeenByAgent);
        Assert.Equal(run == nameof(Take), File.Exists(Path.Join(_data, "snapshots.log")));
    }

    [Fact]
    public void Says_what_the_agent_is_and_which_settings_were_given()
    {
        using Agent given = Create(Take with { Given = ["OSO_SNAPSHOT_HOLD=30m", "OSO_SNAPSHOT_LEVEL=3"] });
        using (Open(given, nameof(Take)))
        {
            Assert.Contains("Settings: OSO_SNAPSHOT_HOLD=30m, OSO_SNAPSHOT_LEVEL=3", given.Transcript.Lines);
        }

        using Agent none = Create(Take);
        using OpenTarget open = Open(none, nameof(Take));
        Assert.Contains("Settings: all by default", none.Transcript.Lines);
        Assert.Contains(none.Transcript.Lines, line => line.StartsWith($"Agent: oso-snapshot {ProductVersion.Text} as ", StringComparison.Ordinal));
        Assert.Matches("(?m)^Limits: [0-9]+ CPUs?, [0-9.]+ [KMGT]iB of memory; compression by ", none.Transcript.Text);
    }

    [Fact]
    public void Says_where_no_process_can_be_seen()
    {
        _proc.Add(1, "pause", ["/pause"]);
        using Agent agent = Create(Take);

        using OpenTarget open = Open(agent, nameof(Take));

        Assert.Contains($"Target: data directory {_data} (no Prometheus process can be seen)", agent.Transcript.Lines);
    }

    [Theory]
    [InlineData(nameof(Take), nameof(Take), false)]
    [InlineData(nameof(Take), nameof(Stream), false)]
    [InlineData(nameof(Take), nameof(Remove), false)]
    [InlineData(nameof(Remove), nameof(Take), false)]
    [InlineData(nameof(Stream), nameof(Take), false)]
    [InlineData(nameof(Stream), nameof(Remove), false)]
    [InlineData(nameof(Stream), nameof(Stream), true)]
    public void Runs_keep_each_other_out_and_only_streams_go_beside_each_other(string first, string second, bool together)
    {
        using Agent one = Create(Settings(first));
        using OpenTarget open = Open(one, first);
        using Agent two = Create(Settings(second));

        if (together)
        {
            using OpenTarget beside = Open(two, second);
            Assert.Equal(_data, beside.Target.Data.PathSeenByAgent);
        }
        else
        {
            Expect.Failure(() => Open(two, second), ExitStatus.Busy, $"Another run is at work on {_data}.", "Wait until that run has ended");
        }
    }

    [Theory]
    [InlineData(nameof(Take), true)]
    [InlineData(nameof(Remove), false)]
    [InlineData(nameof(Stream), false)]
    public void An_archive_that_is_held_for_its_copy_keeps_out_only_what_would_replace_it(string run, bool isRefused)
    {
        _directory.Write("proc/1/root/data/snapshots.tgz", "x");
        using DirectoryHandle directory = DirectoryHandle.Open(_data);
        using FileLock? held = directory.TryLockFile("snapshots.tgz", isShared: true);
        using Agent agent = Create(Settings(run));

        if (isRefused)
        {
            Expect.Failure(() => Open(agent, run), ExitStatus.Busy, $"Another run holds {_data}/snapshots.tgz for its copy.", "oso-snapshot release");
        }
        else
        {
            using OpenTarget open = Open(agent, run);
            Assert.Equal(_data, open.Target.Data.PathSeenByAgent);
        }
    }

    [Theory]
    [InlineData(nameof(Take), true)]
    [InlineData(nameof(Remove), false)]
    [InlineData(nameof(Stream), false)]
    public void A_snapshot_whose_blocks_are_held_keeps_out_only_what_would_delete_it_unasked(string run, bool isRefused)
    {
        string name = $"snapshots/{SampleData.Name}";
        _directory.Make($"proc/1/root/data/{name}");
        using DirectoryHandle snapshot = DirectoryHandle.Open(Path.Join(_data, name));
        using FileLock? held = snapshot.TryLock(isShared: true);
        using Agent agent = Create(Settings(run));

        if (isRefused)
        {
            Expect.Failure(() => Open(agent, run), ExitStatus.Busy, $"Another run holds {_data}/{name} for its copy.", "oso-snapshot release");
        }
        else
        {
            using OpenTarget open = Open(agent, run);
            Assert.Equal(_data, open.Target.Data.PathSeenByAgent);
        }
    }

    [Theory]
    [InlineData("echo x > \"$0\"")]
    [InlineData("mkfifo \"$0\"")]
    [InlineData("mkdir \"$0\"")]
    [InlineData("echo x > \"$1\" && ln \"$1\" \"$0\"")]
    [InlineData("echo x > \"$1\" && ln -s \"$1\" \"$0\"")]
    public void Another_file_in_the_archives_place_does_not_count_as_held(string plant)
    {
        // This file is locked, as Prometheus' own lock is. Only a hard link to it could make the archive look held.
        SystemTool.Output("sh", "-c", plant, Path.Join(_data, "snapshots.tgz"), Path.Join(_data, "lock"));
        using DirectoryHandle directory = DirectoryHandle.Open(_data);
        using FileLock? prometheus = directory.Find("lock") is null ? null : directory.TryLockFile("lock", isShared: true);
        using Agent agent = Create(Take);

        using OpenTarget open = Open(agent, nameof(Take));

        Assert.Equal(_data, open.Target.Data.PathSeenByAgent);
    }

    public void Dispose() => _directory.Dispose();

    private static AgentSettings Settings(string run) => run switch
    {
        nameof(Take) => Take,
        nameof(Remove) => Remove,
        _ => Stream,
    };

    private static OpenTarget Open(Agent agent, string run) => run switch
    {
        nameof(Take) => agent.Get<RunOpener>().ForArchive(),
        nameof(Remove) => agent.Get<RunOpener>().ForRemoval(),
        _ => agent.Get<RunOpener>().ForStream(),
    };

    private Agent Create(AgentSettings settings) => new(_directory, settings, _proc);
}
