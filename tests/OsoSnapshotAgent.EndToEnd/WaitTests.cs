using System.Diagnostics;
using System.Text.Json;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests an agent that waits for its client's orders, beside a real Prometheus.</summary>
public sealed class WaitTests
{
    private const string Run = "oso-snapshot-20261121-091649-27750";

    private static readonly PodOptions Small = new() { Blocks = new BlockSet(Count: 2) };

    [Fact]
    public async Task A_container_that_starts_late_touches_nothing_and_ends_when_it_is_asked_to()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });
        (await HostCommand.RunAsync(HostCommand.AsRoot("sh", "-c", $"printf earlier > {pod.Archive}"))).Succeeded();
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);

        Assert.Equal("wait", (await waiting.StatusAsync()).Phase);
        Assert.Equal([pod.Archive], Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"));
        (await waiting.Agent.ExecAsync("quit")).Succeeded();

        AgentResult result = (await waiting.Agent.WaitAsync()).EndedWith(0);
        Assert.Matches("^oso-snapshot [^\n]* waits for oso-snapshot start\\.\n$", result.Output);
        Assert.Equal([pod.Archive], Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"));
    }

    [Fact]
    public async Task A_run_is_started_followed_exported_and_released()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        Task<RunEvent[]> following = await waiting.StartFollowingAsync();

        Assert.Null((await waiting.StartRunAsync(Run, RunKinds.Archive)).Problem);
        await waiting.WaitForAsync("hold-for-copy");
        Assert.Equal(0, (await waiting.StartRunAsync(Run, RunKinds.Archive)).ExitStatus);
        Assert.Equal(8, (await waiting.StartRunAsync("another", RunKinds.Archive)).ExitStatus);
        RunStatus held = await waiting.StatusAsync();
        (await waiting.Agent.ExecAsync("export")).Succeeded();
        Assert.Contains(
            "snapshots.tgz", (await waiting.AskAsync("release", "--remove", "--client", Run)).Removed);
        RunEvent[] events = await following;

        AgentResult result = (await waiting.Agent.WaitAsync()).EndedWith(0);
        Assert.Equal(Run, held.Client);
        Assert.True(held.IsValid());
        Assert.Equal((0, null), (events[^1].Run!.End!.ExitStatus, events[^1].Run!.End!.EndedBy));
        string[] lines = [.. events.Select(one => one.Line).OfType<string>()];
        Assert.Equal(string.Join('\n', lines) + "\n", result.Output[(result.Output.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        Assert.Equal(lines.Length, events[^1].Position);
        Assert.Equal(Enumerable.Range(1, lines.Length), events.Where(one => one.Line is not null).Select(one => (int)one.Position));
        string[] phases = [.. events.Select(one => one.Run?.Phase).OfType<string>().Distinct()];
        Assert.Equal(["wait", "archive-snapshot", "hold-for-copy", "finish"], phases.Intersect(["wait", "archive-snapshot", "hold-for-copy", "finish"]));
        Assert.StartsWith("done, verified: 3 blocks", result.TerminationMessage, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"));
    }

    [Fact]
    public async Task A_follower_that_comes_back_continues_after_the_lines_that_it_has()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        await waiting.StartRunAsync(Run, RunKinds.Blocks);
        using (Process broken = waiting.Agent.StartExec("follow", "--until-input-ends"))
        {
            await WaitingAgent.ReadSomeAsync(broken);
            broken.StandardInput.Close();
            await WaitingAgent.EndAsync(broken);
        }

        await waiting.WaitForAsync("hold-for-copy");
        Task<RunEvent[]> following = await waiting.StartFollowingAsync(from: 5);
        (await waiting.Agent.ExecAsync("release")).Succeeded();

        Assert.Equal(6, (await following)[0].Position);
        (await waiting.Agent.WaitAsync()).EndedWith(0);
    }

    [Fact]
    public async Task A_killed_connection_changes_nothing_for_the_run()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        await waiting.StartRunAsync(Run, RunKinds.Archive);
        using Process follow = waiting.Agent.StartExec("follow");
        await WaitingAgent.ReadSomeAsync(follow);

        follow.Kill(entireProcessTree: true);

        await waiting.WaitForAsync("hold-for-copy");
        (await waiting.Agent.ExecAsync("release")).Succeeded();
        (await waiting.Agent.WaitAsync()).EndedWith(0);
    }

    [Theory]
    [InlineData("release", "--remove", "Released")]
    [InlineData("cancel", "--json", "Cancelled")]
    public async Task The_client_of_a_run_learns_which_other_client_ended_it(string verb, string option, string word)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        await waiting.StartRunAsync(Run, RunKinds.Archive);
        await waiting.WaitForAsync("hold-for-copy");
        Task<RunEvent[]> following = await waiting.StartFollowingAsync();

        (await waiting.Agent.ExecAsync(verb, option, "--client", "colleague")).Succeeded();

        RunEnd end = (await following)[^1].Run!.End!;
        Assert.Equal((12, "colleague", $"{word} by another client (colleague)."), (end.ExitStatus, end.EndedBy, end.Message));
        (await waiting.Agent.WaitAsync()).EndedWith(12);
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"), path => !path.EndsWith(".log", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("archive-snapshot")]
    [InlineData("hold-for-copy")]
    public async Task Cancel_ends_a_run_in_any_phase_and_leaves_no_artefact(string phase)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2, SizeBytes: 64 << 20) });
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        string slow = phase == "archive-snapshot" ? "1MiB" : string.Empty;
        await waiting.StartRunAsync(Run, RunKinds.Archive, ("OSO_SNAPSHOT_RATE_LIMIT", slow));
        await waiting.WaitForAsync(phase);

        ControlAnswer answer = await waiting.AskAsync("cancel", "--client", Run);

        Assert.Equal((0, 143, "Ended by oso-snapshot cancel."), (answer.ExitStatus, answer.Run!.End!.ExitStatus, answer.Run.End.Message));
        (await waiting.Agent.WaitAsync()).EndedWith(143);
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"), path => !path.EndsWith(".log", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cancel_ends_a_run_while_Prometheus_makes_the_snapshot()
    {
        // The snapshot of so many blocks takes long enough to stop Prometheus before its end.
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            Blocks = new BlockSet(Count: 300),
            Flags = [.. PodOptions.MergesNothing, "--storage.tsdb.retention.time=100y"],
        });
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        Task<CommandResult> stopping = HostCommand.RunAsync(HostCommand.AsRoot(
            "sh", "-c", "until [ -e \"$1\"/snapshots/2* ]; do :; done; kill -s STOP $2", "sh", pod.DataDirectory, $"{pod.FirstProcessId}"));
        await waiting.StartRunAsync(Run, RunKinds.Archive);
        (await stopping).Succeeded();
        await waiting.WaitForAsync("capture-snapshot");

        ControlAnswer answer = await waiting.AskAsync("cancel", "--client", Run);

        Assert.Equal((0, 143, "finish"), (answer.ExitStatus, answer.Run!.End!.ExitStatus, answer.Run.Phase));
        (await waiting.Agent.WaitAsync()).EndedWith(143);
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"), path => !path.EndsWith(".log", StringComparison.Ordinal));
        await pod.SignalAsync("CONT");
        (await pod.RunAgentAsync()).EndedWith(0);
    }

    [Fact]
    public async Task Cancel_without_a_run_ends_the_agent()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);

        Assert.Equal(0, (await waiting.AskAsync("cancel")).ExitStatus);

        (await waiting.Agent.WaitAsync()).EndedWith(0);
    }

    [Fact]
    public async Task A_resident_agent_runs_one_after_the_other_until_it_is_asked_to_quit()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod, "--resident");
        foreach (string run in (string[])["first", "second"])
        {
            await waiting.StartRunAsync(run, RunKinds.Archive);
            await waiting.WaitForAsync("hold-for-copy");
            Assert.Equal(8, (await waiting.Agent.ExecAsync("quit")).ExitStatus);
            await waiting.AskAsync("release", "--client", run);
            await Eventually.HoldsAsync(async () => (await waiting.StatusAsync()).End is not null, () => "no end");
            RunStatus ended = await waiting.StatusAsync();
            Assert.Equal((run, 0), (ended.Client, ended.End!.ExitStatus));
        }

        (await waiting.Agent.ExecAsync("quit")).Succeeded();
        (await waiting.Agent.WaitAsync()).EndedWith(0);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("hold-for-copy")]
    public async Task SIGTERM_ends_the_agent_in_any_phase(string? phase)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        if (phase is not null)
        {
            await waiting.StartRunAsync(Run, RunKinds.Archive);
            await waiting.WaitForAsync(phase);
        }

        await waiting.Agent.SignalAsync("TERM");

        (await waiting.Agent.WaitAsync()).EndedWith(143);
    }

    [Fact]
    public async Task An_archive_of_an_earlier_run_is_verified_and_held_again()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        (await pod.RunAgentAsync()).EndedWith(0);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);

        await waiting.StartRunAsync(new() { Run = Run, Kind = RunKinds.Archive, IsReuse = true });
        await waiting.WaitForAsync("hold-for-copy");

        RunStatus held = await waiting.StatusAsync();
        string sha256 = (await HostCommand.RunAsync(HostCommand.AsRoot("sha256sum", pod.Archive))).Succeeded().Output.Split(' ')[0];
        Assert.Equal((sha256, 3, null), (held.Sha256, held.Blocks, held.Snapshot));
        (await waiting.Agent.ExecAsync("release")).Succeeded();
        Assert.StartsWith("verified again: 3 blocks", (await waiting.Agent.WaitAsync()).EndedWith(0).TerminationMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_archive_is_not_held_again_but_replaced()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        (await pod.RunAgentAsync()).EndedWith(0);
        (await HostCommand.RunAsync(HostCommand.AsRoot("truncate", "-s", "-1", pod.Archive))).Succeeded();
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);

        await waiting.StartRunAsync(new() { Run = Run, Kind = RunKinds.Archive, IsReuse = true });
        await waiting.WaitForAsync("hold-for-copy");

        Assert.NotNull((await waiting.StatusAsync()).Snapshot);
        (await waiting.Agent.ExecAsync("release")).Succeeded();
        Assert.Contains("A new archive is made: ", (await waiting.Agent.WaitAsync()).EndedWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbs_that_look_see_what_a_run_needs_and_change_nothing()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        (await pod.RunAgentAsync()).EndedWith(0);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        string[] before = Directory.GetFileSystemEntries(pod.DataDirectory, "*", SearchOption.AllDirectories);

        Inspection seen = JsonSerializer.Deserialize(
            (await waiting.Agent.ExecAsync("inspect", "--json")).Succeeded().Output, ControlJson.Default.Inspection)!;
        VolumeListing listed = JsonSerializer.Deserialize(
            (await waiting.Agent.ExecAsync("list", "--json")).Succeeded().Output, ControlJson.Default.VolumeListing)!;

        Assert.True(seen.IsValid() && listed.IsValid());
        Assert.Empty(seen.Problems);
        Assert.Equal(
            (pod.Options.User, pod.Options.User, true, pod.Options.StoragePath, 2L),
            (seen.AgentIdentity, seen.ServerIdentity, seen.IsAdminApiOn, seen.DataDirectory, seen.Blocks));
        Assert.True(seen is { BlockBytes: > 500_000, HeadBytes: not null, ArchiveBytes: > 0, NeededForArchive: > 0, FreeBytes: > 0 });
        Assert.StartsWith("2.42", seen.PrometheusVersion, StringComparison.Ordinal);
        string snapshot = "snapshots/" + Path.GetFileName(Directory.GetDirectories(Path.Combine(pod.DataDirectory, "snapshots")).Single());
        Assert.Equal(
            ["snapshots.log", "snapshots.tgz", "snapshots.tgz.sha256", snapshot],
            listed.Items.Select(item => item.Name).Order(StringComparer.Ordinal));
        Assert.Equal($"{pod.Options.StoragePath}/snapshots.tgz", listed.Items.Single(item => item.Name == "snapshots.tgz").PathInContainer);
        Assert.Equal(before, Directory.GetFileSystemEntries(pod.DataDirectory, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Wrong_settings_begin_no_run_and_the_right_ones_do()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Small);
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);

        ControlAnswer refused = await waiting.StartRunAsync(Run, RunKinds.Archive, ("OSO_SNAPSHOT_HOLD", "soon"));
        CommandResult garbage = await waiting.ExecAsync("5\nabc}}"u8.ToArray(), "start");

        Assert.Equal(2, refused.ExitStatus);
        Assert.Contains("OSO_SNAPSHOT_HOLD='soon': must be", refused.Problem, StringComparison.Ordinal);
        Assert.Equal(2, garbage.ExitStatus);
        Assert.Equal("wait", (await waiting.StatusAsync()).Phase);
        Assert.Equal(0, (await waiting.StartRunAsync(Run, RunKinds.Remove)).ExitStatus);
        (await waiting.Agent.WaitAsync()).EndedWith(0);
    }

    [Fact]
    public async Task An_agent_of_another_identity_names_the_one_that_it_needs()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod, new AgentOptions { User = "65534:65534" });

        await waiting.StartRunAsync(Run, RunKinds.Archive);
        RunEnd end = (await waiting.FollowAsync())[^1].Run!.End!;

        Assert.Equal((3, pod.Options.User), (end.ExitStatus, end.NeededIdentity));
        (await waiting.Agent.WaitAsync()).EndedWith(3);
    }
}
