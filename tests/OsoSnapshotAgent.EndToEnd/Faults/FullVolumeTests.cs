using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>Tests that the agent stops before it uses the reserve, while another process fills the volume.</summary>
public sealed class FullVolumeTests
{
    private const long Mebibyte = 1 << 20;
    private const long Reserve = 20 * Mebibyte;

    // The log and Prometheus' own files grow meanwhile.
    private const long Slack = Mebibyte / 4;

    private static readonly PodOptions SmallVolume = new() { VolumeBytes = 96 * Mebibyte, Blocks = new BlockSet(Count: 2, SizeBytes: 32 * Mebibyte) };

    [Fact]
    public async Task The_run_ends_before_the_reserve_is_touched_the_earlier_archive_stays_and_a_stream_still_works()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallVolume);
        IReadOnlyDictionary<string, string> settings = Given.Variables(("OSO_SNAPSHOT_SKIP_HEAD", "yes"), ("OSO_SNAPSHOT_RESERVE", "20MiB"));
        (await pod.RunAgentAsync(settings)).EndedWith(0);

        await using RunningAgent agent = await pod.StartAgentAsync(new AgentOptions { Environment = new Dictionary<string, string>(settings) { ["OSO_SNAPSHOT_RATE_LIMIT"] = "1MiB" } });
        await Eventually.HoldsAsync(async () => (await AsRootAsync("ls", pod.DataDirectory)).Output.Contains("snapshots.tgz.part", StringComparison.Ordinal), () => "no partial archive");
        await FillAsync(pod, Reserve + (3 * Mebibyte));
        Task<AgentResult> ending = agent.WaitAsync();
        long least = await FreeAsync(pod);
        while (!ending.IsCompleted)
        {
            least = Math.Min(least, await FreeAsync(pod));
        }

        AgentResult result = (await ending).EndedWith(5);
        Assert.InRange(least, Reserve - Slack, Reserve + (2 * Mebibyte));
        Assert.Contains("There is no room for the archive after ", result.Output, StringComparison.Ordinal);
        Assert.Contains("OSO_SNAPSHOT_SKIP_HEAD=yes", result.Output, StringComparison.Ordinal);
        Assert.Contains("oso-snapshot export --stream", result.Output, StringComparison.Ordinal);
        IReadOnlyList<string> left = (await AsRootAsync("ls", pod.DataDirectory)).Lines;
        Assert.Contains("snapshots.tgz", left);
        Assert.DoesNotContain("snapshots.tgz.part", left);
        Assert.DoesNotContain("snapshots", left);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");

        await StreamIsWholeAsync(pod);
    }

    private static async Task StreamIsWholeAsync(PrometheusPod pod)
    {
        string copy = Path.Combine(Directory.CreateTempSubdirectory("oso-full-").FullName, "copy.tgz");
        string command = $"OSO_SNAPSHOT_URL={pod.Options.BaseUrl} OSO_SNAPSHOT_DATA_DIR={pod.DataDirectory} OSO_SNAPSHOT_SKIP_HEAD=yes OSO_SNAPSHOT_RESERVE=20MiB {RunningAgent.Binary} export --stream >{copy}";
        await AsRootAsync("nsenter", "--target", Number(pod.FirstProcessId), "--net", "sh", "-c", command);

        await AsRootAsync(RunningAgent.Binary, "verify", copy);
        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
    }

    private static async Task<long> FreeAsync(PrometheusPod pod) =>
        long.Parse((await AsRootAsync("stat", "--file-system", "--format=%a", pod.DataDirectory)).Output, CultureInfo.InvariantCulture) * 4096;

    private static async Task FillAsync(PrometheusPod pod, long free)
    {
        long bytes = await FreeAsync(pod) - free;
        await AsRootAsync("sh", "-c", $"head -c {Number(bytes)} /dev/zero >{pod.DataDirectory}/filler");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static async Task<CommandResult> AsRootAsync(params string[] command) => (await HostCommand.RunAsync(HostCommand.AsRoot(command))).Succeeded();
}
