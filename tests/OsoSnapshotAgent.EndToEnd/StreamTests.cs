using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>
/// Tests the verbs that send the archive elsewhere and the verb that checks it, beside a real Prometheus.
/// </summary>
public sealed class StreamTests : IDisposable
{
    private static readonly string[] Streaming = ["export", "--stream"];

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-stream-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_stream_is_a_whole_archive_and_leaves_nothing_on_the_volume()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2) });
        string copy = Path.Combine(_directory, "copy.tgz");

        (int status, string messages) = await StreamAsync(pod, $"cat >{copy}");

        Assert.True(status == 0, messages);
        Assert.Contains("streamed and deleted", messages, StringComparison.Ordinal);
        await Judge.GzipAcceptsAsync(copy);
        string sha256 = (await HostCommand.RunAsync(["sha256sum", copy])).Succeeded().Output.Split(' ')[0];
        Assert.Contains($"SHA-256     {sha256}", messages, StringComparison.Ordinal);
        CommandResult verified = (await HostCommand.RunAsync([RunningAgent.Binary, "verify", copy])).Succeeded();
        Assert.Contains("  Blocks      3\n", verified.Output, StringComparison.Ordinal);
        AssertNothingLeft(pod);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_stream_and_leaves_nothing_on_the_volume()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 2, SizeBytes: 16 << 20) });

        (int status, string messages) = await StreamAsync(pod, "head -c 100000 >/dev/null");

        Assert.True(status == 141, $"{status}: {messages}");
        Assert.Contains("The reader of standard output went away", messages, StringComparison.Ordinal);
        AssertNothingLeft(pod);
    }

    [Fact]
    public async Task A_finished_archive_is_exported_in_pieces_that_fit_together()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet(Count: 1) });
        (await pod.RunAgentAsync()).EndedWith(0);
        string copy = Path.Combine(_directory, "copy.tgz");
        string agent = $"OSO_SNAPSHOT_DATA_DIR={pod.DataDirectory} {RunningAgent.Binary}";

        (await HostCommand.RunAsync(HostCommand.AsRoot("sh", "-c", $"{agent} export --length 1000 >{copy} 2>/dev/null && {agent} export --offset 1000 >>{copy} 2>/dev/null"))).Succeeded();

        (await HostCommand.RunAsync(HostCommand.AsRoot("cmp", copy, pod.Archive))).Succeeded();
        CommandResult verified = (await HostCommand.RunAsync(HostCommand.AsRoot(RunningAgent.Binary, "verify", pod.Archive))).Succeeded();
        Assert.Contains("✅ SHA-256 matches the file beside it", verified.Output, StringComparison.Ordinal);
    }

    private static void AssertNothingLeft(PrometheusPod pod)
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries(pod.DataDirectory, "snapshots*"));
    }

    // Runs in the network of the pod, where its Prometheus answers. The data directory has its path on the host.
    private static async Task<(int Status, string Messages)> StreamAsync(PrometheusPod pod, string reader)
    {
        string command = $"OSO_SNAPSHOT_URL={pod.Options.BaseUrl} OSO_SNAPSHOT_DATA_DIR={pod.DataDirectory} {RunningAgent.Binary} {string.Join(' ', Streaming)} | {reader}; exit ${{PIPESTATUS[0]}}";
        CommandResult result = await HostCommand.RunAsync(HostCommand.AsRoot(
            "nsenter", "--target", pod.FirstProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), "--net", "bash", "-c", command));
        return (result.ExitStatus, result.Error);
    }
}
