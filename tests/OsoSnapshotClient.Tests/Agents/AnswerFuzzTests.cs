using System.Text;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Agents;

/// <summary>Mutates the answers of agents and of the cluster. Each is understood or refused.</summary>
public sealed partial class AnswerFuzzTests
{
    private const int Rounds = 500;

    private const string Status = $$"""
        {"phase":"hold-for-copy","version":"{{Version}}","client":"c","snapshot":"20261121T112657Z-0eb533ff8d43ed64","blocks":2,
        "from":"2026-11-20T12:00:00Z","archiveBytes":39084740,"sha256":"{{Recorded.Sha256}}","elapsedSeconds":9.5,"missingSamples":"some",
        "blocksNotInSnapshot":["a"],"problems":["a problem"]}
        """;

    private const string Event = $$"""{"position":7,"line":"a line","run":{{Status}} }""";

    private const string End = """
        {"exitStatus":4,"message":"m","remedy":"r","endedBy":"eve","at":"2026-11-21T09:20:00Z","neededIdentity":"1000:2000"}
        """;

    private const string Control = $$"""
        {"exitStatus":9,"progress":"p","problem":"x","remedy":"r","removed":["a"],"isWaiting":true,"settings":{"A":"b"},
        "run":{"phase":"finish","elapsedSeconds":1,"end":{{End}} } }
        """;

    private const string Listing = """
        {"dataDirectory":"/data","itemsLeftOut":1,"items":[{"name":"snapshots.tgz","pathInContainer":"/data/snapshots.tgz","bytes":5,
        "freedBytes":4,"modified":"2026-11-21T09:20:00Z"}]}
        """;

    private const string Seen = $$"""
        {"version":"{{Version}}","agentIdentity":"1:2","serverIdentity":"3:4","neededIdentity":"3:4","prometheusVersion":"3.5.0",
        "isAdminApiOn":true,"dataDirectory":"/data","blocks":4,"blockBytes":5,"headBytes":6,"freeBytes":7,"roomBytes":-8,
        "archiveBytes":9,"neededForArchive":10,"neededForSnapshot":11,"artefacts":{{Listing}},"problems":{"blocks":"no"} }
        """;

    private const string Told = $"engine isa-l 2.30\nwritten 1\nbytes 42\nsha256 {Recorded.Sha256}\nanother line\n";

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

    private static PodAccess Access => Recorded.Access(new RecordedExec());

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_agents_status_is_understood_or_refused(int seed) => Run(seed, Status, json =>
    {
        RunStatus status = AgentAnswers.Status(json, Access);
        AssertSound(status);
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_event_of_a_run_is_understood_or_refused(int seed) => Run(seed, Event, json =>
    {
        RunEvent one = AgentAnswers.Event(json, Access);
        Assert.True(one.Position >= 0);
        Assert.DoesNotContain(one.Line ?? string.Empty, char.IsControl);
        AssertSound(one.Run);
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_answer_to_a_verb_is_understood_or_refused(int seed) => Run(seed, Control, json =>
    {
        ControlAnswer answer = AgentAnswers.Control(json);
        Assert.InRange(answer.ExitStatus, 0, 255);
        Assert.DoesNotContain($"{answer.Problem}{answer.Remedy}", char.IsControl);
        if (answer.Run?.End is { } end)
        {
            RunEndedException told = new(end, TargetEnd.Describe(Recorded.Read(Recorded.PodWith(State)), end.ExitStatus, end.At));
            Assert.InRange((int)told.Status, 1, 255);
            Assert.DoesNotContain(told.Message + told.Remedy, char.IsControl);
            _ = AgentIdentity.TryParse(end.NeededIdentity);
        }
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_listing_of_a_volume_is_understood_or_refused(int seed) => Run(seed, Listing, json =>
    {
        VolumeListing listing = AgentAnswers.Parse(json, ControlJson.Default.VolumeListing);
        Assert.True(!listing.IsValid() || listing.Items.All(item => item is { Bytes: >= 0, FreedBytes: >= 0, Name.Length: > 0 }));
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_inspection_is_understood_or_refused(int seed) => Run(seed, Seen, json =>
    {
        Inspection seen = AgentAnswers.Parse(json, ControlJson.Default.Inspection);
        if (seen.IsValid())
        {
            DoctorReport report = new();
            report.AddInside(seen);
            Assert.Equal(DoctorReport.InsideNames, report.Lines.Select(line => line.Name));
            Assert.DoesNotContain(report.ToText("p"), letter => char.IsControl(letter) && letter != '\n');
        }
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void The_end_of_an_export_is_understood_or_refused(int seed) => Run(seed, Told, told =>
    {
        ExportEnd end = ExportEnd.Parse(told, new(0, 0, string.Empty));
        Assert.True(end.Bytes is null or >= 0);
        Assert.DoesNotContain(end.ErrorText, char.IsControl);
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_agents_list_of_blocks_is_understood_or_refused(int seed) =>
        Run(seed, Blocks, json => HeldBlocks.Parse(json));

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_pod_is_understood_or_refused(int seed) => Run(seed, Recorded.PodWith(State), json => Fuzz.Allow<ClusterException>(() =>
    {
        V1Pod pod = Recorded.Read(json);
        ContainerState state = pod.StateOf(Recorded.Agent);
        Assert.DoesNotContain(state.ToString(), char.IsControl);
        Assert.InRange(state.ExitCode, 0, 255);
        Assert.All(pod.AgentContainers(), name => Assert.True(KubeName.IsLabel(name)));
        _ = pod.ResidentContainers("image", "target").Count();
        _ = AgentIdentity.Of(pod, Recorded.Target);
        _ = TargetEnd.Describe(pod, 137, state.EndedAt ?? default);
        _ = PrometheusContainer.IsIn(pod);
        _ = PrometheusContainer.Find(pod, named: null).StoragePaths(pod).Count();
    }));

    private static void AssertSound(RunStatus? status)
    {
        Assert.DoesNotContain(status?.ToString() ?? string.Empty, char.IsControl);
        Assert.Matches("^[0-9a-f]{64}$", status?.Sha256 ?? Recorded.Sha256);
        Assert.True(status is null or { Problems: not null, ArchiveBytes: null or >= 0 });
    }

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
