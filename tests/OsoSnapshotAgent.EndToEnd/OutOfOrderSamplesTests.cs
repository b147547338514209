using System.Globalization;
using System.Text.Json;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>
/// Tests samples that remote write delivers out of order: a snapshot has them only after the head's compaction.
/// </summary>
public sealed class OutOfOrderSamplesTests : IDisposable
{
    private const string Warning =
        "⚠️ The in-memory head holds samples that came out of order (6 came since Prometheus started).";

    private static readonly IReadOnlyDictionary<string, string> WithWindow = new Dictionary<string, string>
    {
        ["/etc/prometheus/prometheus.yml"] = "storage: {tsdb: {out_of_order_time_window: 30m}}",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-out-of-order-").FullName;

    private readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow();

    public static TheoryData<string> Versions => PrometheusVersion.Numbers;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Samples_out_of_order_are_reported_until_a_snapshot_after_the_compaction_has_them(string number)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            Version = PrometheusVersion.Parse(number),
            ScrapesItself = false,
            Files = WithWindow,
            Flags =
            [
                "--web.enable-remote-write-receiver",
                "--storage.tsdb.min-block-duration=20s", "--storage.tsdb.max-block-duration=20s",
            ],
        });
        await PushAsync(pod, 0);

        await IsSilentAndRestoresAsync(pod, samples: 1);

        await PushAsync(pod, -1, -2, -3, -4, -5, -6);
        Assert.Equal(7, await CountAsync(pod));
        AgentResult told = (await pod.RunAgentAsync()).EndedWith(0);
        Assert.Contains(Warning, told.Output, StringComparison.Ordinal);
        Assert.Contains(
            "\n  Missing     samples that came out of order (6 came since Prometheus started); a snapshot after",
            told.Output,
            StringComparison.Ordinal);
        Assert.Equal(1, await RestoredAsync(pod));

        // The head now spans more than one and a half times the smallest block, so Prometheus compacts it.
        await PushAsync(pod, 1);
        string log = Path.Combine(pod.DataDirectory, "wbl");
        await Eventually.HoldsAsync(
            () => Task.FromResult(Directory.EnumerateFiles(log).All(segment => new FileInfo(segment).Length == 0)),
            () => $"no compaction:\n{pod.Log}");
        await IsSilentAndRestoresAsync(pod, samples: 8);
    }

    [Fact]
    public async Task Status_and_a_stream_report_samples_out_of_order_too()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            Version = PrometheusVersion.V3_5,
            ScrapesItself = false,
            Files = WithWindow,
            Flags = ["--web.enable-remote-write-receiver"],
        });
        await PushAsync(pod, 0);
        await PushAsync(pod, -1, -2, -3, -4, -5, -6);

        AgentResult stream = (await pod.RunAgentAsync(arguments: ["export", "--stream"])).EndedWith(0);
        Assert.Contains(Warning, stream.Error, StringComparison.Ordinal);

        await using RunningAgent agent = await pod.StartAgentAsync(
            new AgentOptions { Environment = Given.Variables(("OSO_SNAPSHOT_HOLD", "10m")) });
        string answer = string.Empty;
        await Eventually.HoldsAsync(HoldsAsync, () => $"no archive: {answer}");
        string? missing = JsonSerializer.Deserialize<JsonElement>(answer).GetProperty("missingSamples").GetString();
        Assert.Equal(
            "samples that came out of order (6 came since Prometheus started); a snapshot after the next head compaction has them",
            missing);
        Assert.Contains("Missing     " + missing, (await AskAsync(pod, agent, "status")).Lines);
        (await AskAsync(pod, agent, "release")).Succeeded();
        (await agent.WaitAsync()).EndedWith(0);

        async Task<bool> HoldsAsync()
        {
            answer = (await AskAsync(pod, agent, "status", "--json")).Output;
            return answer.Contains("hold-for-copy", StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Runs a verb as kubectl exec does, in the mount namespace of the agent, the second one of this pod.
    /// </summary>
    private static Task<CommandResult> AskAsync(PrometheusPod pod, RunningAgent agent, params string[] verb)
    {
        string binary = Path.Combine(Path.GetDirectoryName(pod.Root)!, "agent-2", "oso-snapshot");
        string[] user = pod.Options.User.Split(':');
        return HostCommand.RunAsync(HostCommand.AsRoot(
        [
            "nsenter", "--target", $"{agent.Pid}", "--mount", "--net", "--pid", "--setuid", user[0],
            "--setgid", user[1], "--", binary, .. verb,
        ]));
    }

    private static async Task<int> CountAsync(PrometheusPod pod)
    {
        DateTimeOffset afterAll = TimeProvider.System.GetUtcNow().AddMinutes(2);
        string series = await pod.QueryAsync("count_over_time(late[20m])", afterAll);
        string count = JsonSerializer.Deserialize<JsonElement>(series).GetProperty("value")[1].GetString()!;
        return int.Parse(count, CultureInfo.InvariantCulture);
    }

    private async Task IsSilentAndRestoresAsync(PrometheusPod pod, int samples)
    {
        AgentResult result = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.DoesNotContain("out of order", result.Output, StringComparison.Ordinal);
        Assert.Equal(samples, await RestoredAsync(pod));
    }

    /// <summary>
    /// Returns the number of samples in the answer of a second Prometheus, started on the archive's content.
    /// </summary>
    private async Task<int> RestoredAsync(PrometheusPod pod)
    {
        string snapshot = await Judge.RestoreAsync(pod.Archive, Path.Combine(_folder, Guid.NewGuid().ToString("N")));
        await using PrometheusPod second = await Judge.StartRestoredAsync(snapshot, pod.Options.Version);
        return await CountAsync(second);
    }

    /// <summary>Writes a sample for each minute, counted from the start of the test.</summary>
    private async Task PushAsync(PrometheusPod pod, params int[] minutes)
    {
        string file = Path.Combine(_folder, "samples");
        foreach (int minute in minutes)
        {
            long milliseconds = _start.AddMinutes(minute).ToUnixTimeMilliseconds();
            await File.WriteAllTextAsync(file, $"# TYPE late gauge\nlate {minute} {milliseconds}\n");
            IReadOnlyList<string> push = HostCommand.AsRoot(
                "nsenter", "--target", $"{pod.FirstProcessId}", "--net",
                PrometheusVersion.V3_5.Promtool, "push", "metrics", $"{pod.Options.BaseUrl}api/v1/write", file);
            (await HostCommand.RunAsync(push)).Succeeded();
        }
    }
}
