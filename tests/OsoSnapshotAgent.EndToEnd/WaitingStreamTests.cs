using System.Diagnostics;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests a stream of a waiting agent, which another process of the container carries away.</summary>
public sealed class WaitingStreamTests : IDisposable
{
    private const string Run = "stream-run";

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-wait-stream-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_stream_is_carried_by_export_and_leaves_nothing_on_the_volume()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2) });
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        string copy = Path.Combine(_directory, "copy.tgz");
        await waiting.StartRunAsync(Run, RunKinds.Stream);
        Task<RunEvent[]> following = await waiting.StartFollowingAsync();

        (int status, string error) = await CarryAsync(waiting, copy);

        Assert.True(status == 0, error);
        await Judge.GzipAcceptsAsync(copy);
        string sha256 = (await HostCommand.RunAsync(["sha256sum", copy])).Succeeded().Output.Split(' ')[0];
        Assert.Equal($"bytes {new FileInfo(copy).Length}\nsha256 {sha256}\n", error);
        RunStatus ended = (await following)[^1].Run!;
        Assert.Equal((0, sha256, new FileInfo(copy).Length), (ended.End!.ExitStatus, ended.Sha256, ended.ArchiveBytes));
        (await waiting.Agent.WaitAsync()).EndedWith(0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"));
    }

    [Fact]
    public async Task A_carrier_that_is_killed_ends_the_stream_and_leaves_nothing_on_the_volume()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2, SizeBytes: 16 << 20) });
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        await waiting.StartRunAsync(Run, RunKinds.Stream);
        using Process carrier = waiting.Agent.StartExec("export", "--stream", "--until-input-ends");
        await WaitingAgent.ReadSomeAsync(carrier);

        carrier.StandardInput.Close();

        Assert.Equal(141, await WaitingAgent.EndAsync(carrier));
        AgentResult result = (await waiting.Agent.WaitAsync()).EndedWith(141);
        Assert.StartsWith("The reader of the stream went away", result.TerminationMessage, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"));
    }

    [Fact]
    public async Task A_cancelled_stream_breaks_off_and_the_carrier_says_so()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2, SizeBytes: 16 << 20) });
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);
        await waiting.StartRunAsync(Run, RunKinds.Stream, ("OSO_SNAPSHOT_RATE_LIMIT", "1MiB"));
        Task<(int Status, string Error)> carrying = CarryAsync(waiting, Path.Combine(_directory, "copy.tgz"));
        await Eventually.HoldsAsync(async () => (await waiting.StatusAsync()).ArchiveBytes > 0, () => "no byte");

        Assert.Equal(0, (await waiting.AskAsync("cancel")).ExitStatus);

        (int status, string error) = await carrying;
        Assert.Equal(6, status);
        Assert.Contains("The run ended before its archive was complete", error, StringComparison.Ordinal);
        (await waiting.Agent.WaitAsync()).EndedWith(143);
        Assert.Empty(Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"));
    }

    [Fact]
    public async Task Without_a_stream_a_carrier_is_refused()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { ScrapesItself = false });
        await using WaitingAgent waiting = await WaitingAgent.StartAsync(pod);

        CommandResult refused = await waiting.Agent.ExecAsync("export", "--stream");

        Assert.Equal((8, string.Empty), (refused.ExitStatus, refused.Output));
        Assert.Contains("runs no stream", refused.Error, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string Error)> CarryAsync(WaitingAgent waiting, string copy)
    {
        using Process carrier = waiting.Agent.StartExec("export", "--stream", "--until-input-ends");
        Task<string> error = carrier.StandardError.ReadToEndAsync();
        await using (FileStream file = File.Create(copy))
        {
            await carrier.StandardOutput.BaseStream.CopyToAsync(file);
        }

        return (await WaitingAgent.EndAsync(carrier), await error);
    }
}
