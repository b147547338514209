using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests what may run at the same time as a run on the same data directory, and what is refused.</summary>
public sealed class BesideARunTests : IDisposable
{
    private static readonly PodOptions Pod = new() { Blocks = new BlockSet(Count: 2, SizeBytes: 10 << 20) };

    // At this rate the archive takes about six seconds.
    private static readonly AgentOptions Slowly = new() { Environment = Given.Variables(("OSO_SNAPSHOT_RATE_LIMIT", "1MiB")) };

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-beside-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task While_a_run_archives_exports_and_streams_work_and_other_runs_end_with_status_8()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Pod);
        (await pod.RunAgentAsync()).EndedWith(0);
        string earlier = Path.Combine(_directory, "earlier.tgz");
        File.Copy(pod.Archive, earlier);
        await using RunningAgent run = await pod.StartAgentAsync(Slowly);
        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(pod.Archive + ".part")), () => "no partial archive");

        await run.SignalAsync("STOP");
        (await pod.RunAgentAsync()).EndedWith(8);
        (await pod.RunAgentAsync(Given.Variables(("REMOVE", "yes")))).EndedWith(8);
        CommandResult export = (await VerbAsync(pod, "export", "exported.tgz")).Succeeded();
        (await VerbAsync(pod, "export --stream", "streamed.tgz")).Succeeded();
        Assert.True(File.Exists(pod.Archive + ".part"), "The run has ended too early for this test.");
        await run.ContinueAsync();

        Assert.Contains("is an earlier archive: a run is at work on a new one", export.Error, StringComparison.Ordinal);
        (await HostCommand.RunAsync("cmp", earlier, Path.Combine(_directory, "exported.tgz"))).Succeeded();
        (await HostCommand.RunAsync(RunningAgent.Binary, "verify", Path.Combine(_directory, "streamed.tgz"))).Succeeded();
        (await run.WaitAsync()).EndedWith(0);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        (await HostCommand.RunAsync(RunningAgent.Binary, "verify", pod.Archive)).Succeeded();
    }

    [Fact]
    public async Task Of_two_runs_that_start_at_once_one_continues_and_the_other_harms_nothing()
    {
        // The archive takes longer than one of them may start after the other.
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2, SizeBytes: 32 << 20) });

        AgentResult[] results = await Task.WhenAll(pod.RunAgentAsync(Slowly), pod.RunAgentAsync(Slowly));

        Assert.Equal([0, 8], results.Select(result => result.ExitStatus).Order());
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task A_killed_run_does_not_block_the_next_one()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Pod);
        await using RunningAgent run = await pod.StartAgentAsync(Slowly);
        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(pod.Archive + ".part")), () => "no partial archive");
        (await HostCommand.RunAsync(HostCommand.AsRoot("kill", "-s", "KILL", run.Pid!.Value.ToString(CultureInfo.InvariantCulture)))).Succeeded();
        Assert.Equal(137, (await run.WaitAsync()).ExitStatus);

        AgentResult next = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Contains("Existing snapshots.tgz.part", next.Output, StringComparison.Ordinal);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    // Runs the verb in the pod's network. The data directory has its path on the host.
    private Task<CommandResult> VerbAsync(PrometheusPod pod, string verb, string file)
    {
        string command = $"OSO_SNAPSHOT_URL={pod.Options.BaseUrl} OSO_SNAPSHOT_DATA_DIR={pod.DataDirectory} {RunningAgent.Binary} {verb} >{Path.Combine(_directory, file)}";
        return HostCommand.RunAsync(HostCommand.AsRoot("nsenter", "--target", pod.FirstProcessId.ToString(CultureInfo.InvariantCulture), "--net", "sh", "-c", command));
    }
}
