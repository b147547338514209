using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Backups;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Agents;

/// <summary>Mutates the answers of agents and of kubectl. Each is understood or refused.</summary>
public sealed partial class AnswerFuzzTests
{
    private const int Rounds = 500;

    private const string Sha256 = "790ff1633d500f2fecddce51ff3ae6a8b1f752233751ead190eb0cb39cdce4b7";
    private const string Status = $$"""
        {"phase":"hold-for-copy","version":"{{Version}}","client":"c","snapshot":"20261121T112657Z-0eb533ff8d43ed64","blocks":2,
        "from":"2026-11-20T12:00:00Z","archiveBytes":39084740,"sha256":"{{Sha256}}","elapsedSeconds":9.5,"missingSamples":"some",
        "blocksNotInSnapshot":["a"],"problems":["a problem"]}
        """;

    private const string Report = $$"""
        {"path":"/data/snapshots.tgz","archiveBytes":3,"sha256":"{{Sha256}}","exitStatus":0,"blocksLeftOut":0,
        "blocks":[{"ulid":"01K34GAXA0T1Q1Z5QZ5QZ5QZ5Q","to":"2026-11-20T12:00:00Z","series":1,"sizeBytes":7,"problems":["x"]}]}
        """;

    private const string Blocks = """
        [{"ulid":"01K34GAXA0T1Q1Z5QZ5QZ5QZ5Q","fingerprint":"0123456789abcdef","kind":"block","from":1,"to":2,"bytes":3,"series":4,"samples":5}]
        """;

    private const string State = """
        {"terminated": {"exitCode": 137, "message": "m", "reason": "Error", "finishedAt": "2026-11-21T09:20:01Z"}}
        """;

    // Wrong kinds, numbers out of range, half a surrogate, a terminal's commands, depth, and length.
    private static readonly string[] Fragments =
    [
        "null", "true", "-1", "1e999", "9223372036854775808", "0.5", "\"\\ud800\"", "\"\\u001b[31m\\u202e\\n\"", "\"../evil\"", "\"-f\"",
        "[]", "{}", "[null]", "[{}]", new('[', 10_000), string.Concat(Enumerable.Repeat("{\"a\":", 10_000)), $"\"{new('x', 65_536)}\"", "",
    ];

    // The client's version is that of the source.
    private const string Version = "0.3.0";

    private static PodAccess Access => Recorded.Access(new RecordedKubectl());

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_agents_status_is_understood_or_refused(int seed) => Run(seed, Status, json =>
    {
        RunStatus status = AgentAnswers.Status(new(0, json, string.Empty), Access);
        Assert.DoesNotContain(status.ToString(), char.IsControl);
        Assert.Matches("^[0-9a-f]{64}$", status.Sha256 ?? Sha256);
        Assert.True(status is { Problems: not null, ArchiveBytes: null or >= 0 });
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_agents_report_is_understood_or_refused(int seed) => Run(seed, Report, json =>
    {
        VerifyReport report = AgentAnswers.Report(new(0, json, string.Empty));
        Assert.DoesNotContain(report.ToString(), char.IsControl);
        _ = report.Blocks.Max(block => block.To);
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_agents_list_of_blocks_is_understood_or_refused(int seed) =>
        Run(seed, Blocks, json => HeldBlocks.Parse(json));

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_pod_is_understood_or_refused(int seed) => Run(seed, Recorded.PodWith(State), json => Fuzz.Allow<JsonException>(() =>
    {
        Pod pod = Pod.Parse(json);
        AgentState state = pod.StateOf(Recorded.Agent);
        Assert.DoesNotContain(state.ToString(), char.IsControl);
        Assert.InRange(state.ExitCode, 0, 255);
        Assert.All(pod.AgentContainers(), name => Assert.True(KubeName.IsLabel(name)));
        _ = pod.ResidentContainers("image", "target").Count();
        _ = TargetEnd.Describe(pod, state);
        _ = PrometheusContainer.Find(pod, named: null).StoragePaths(pod).Count();
    }));

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_watch_is_understood_or_told_as_a_failure(int seed) => Run(seed, Recorded.PodWith(State), json =>
    {
        RecordedKubectl kubectl = new RecordedKubectl().On("get pod", json);
        PodWatch watch = new(kubectl, Recorded.Pod);
        (Pod? pod, KubectlAnswer? failure) = watch.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        Assert.True(pod is not null || failure is not null);
        watch.DisposeAsync().AsTask().GetAwaiter().GetResult();
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void Ranges_are_understood_or_refused(int seed) => Run(seed, "0-1048576,2097152-9223372036854775807", text =>
    {
        ByteRanges? ranges = ByteRanges.Parse(text);
        Assert.True(ranges is null || ranges.Prefix <= ranges.Total);
        Assert.All(ranges?.Missing(long.MaxValue, long.MaxValue) ?? [], range => Assert.True(range is { Start: >= 0, Length: > 0 }));
    });

    private static void Run(int seed, string sound, Action<string> read) => Fuzz.Run(seed, Rounds, random =>
    {
        string damaged = sound;
        if (random.Next(2) == 0)
        {
            damaged = Encoding.UTF8.GetString(Fuzz.Mutate(Encoding.UTF8.GetBytes(sound), random));
        }
        else if (Values().Matches(sound) is { Count: > 0 } values)
        {
            Match value = values[random.Next(values.Count)];
            damaged = sound[..value.Index] + Fragments[random.Next(Fragments.Length)] + sound[(value.Index + value.Length)..];
        }

        return (damaged, () => Fuzz.Allow<OperatorException>(() => read(damaged)));
    });

    // A value follows a colon, or starts a list.
    [GeneratedRegex("""(?<=[:\[] ?)("[^"]*"|-?[0-9.]+|\[[^\[\]]*\]|\{[^{}]*\})""")]
    private static partial Regex Values();
}
