using System.Text.Json.Nodes;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Restore;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Restore;

public sealed class DrillPodTests
{
    private static readonly StartOptions Start = new() { Image = "agent" };

    [Fact]
    public void A_pod_has_what_the_restricted_policy_asks_for_and_nothing_reaches_its_server()
    {
        DrillPod pod = DrillPod.Of(Like(new() { RunAsUser = 1000, RunAsGroup = 2000, FsGroup = 3000 }), null, null, Start, "4Gi");
        JsonObject json = Json(pod, 1 << 20);

        AssertJson(
            """
            {
              "runAsNonRoot": true, "runAsUser": 1000, "runAsGroup": 2000, "allowPrivilegeEscalation": false,
              "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}
            }
            """,
            json["spec"]!["containers"]![0]!["securityContext"]!);
        AssertJson("""{"fsGroup": 3000}""", json["spec"]!["securityContext"]!);
        AssertJson("""[{"name": "registry"}]""", json["spec"]!["imagePullSecrets"]!);
        AssertJson("""{"app.kubernetes.io/name": "oso-snapshot-drill"}""", json["metadata"]!["labels"]!);
        Assert.Equal("x/prometheus:v3", (string?)json["spec"]!["containers"]![0]!["image"]);
        Assert.Contains("--web.listen-address=127.0.0.1:9090", Arguments(json));
        Assert.Contains("--storage.tsdb.retention.time=30d", Arguments(json));
        Assert.False((bool)json["spec"]!["automountServiceAccountToken"]!);
        Assert.Matches("^oso-drill-[0-9a-f]{10}$", pod.Name);
    }

    [Fact]
    public void A_pod_goes_to_the_nodes_of_the_pod_that_it_is_like()
    {
        const string Selector = """{"pool": "monitoring"}""";
        const string Tolerations = """[{"key": "only", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}]""";
        V1Pod like = Like(new());
        like.Spec.NodeSelector = JsonNode.Parse(Selector);
        like.Spec.Tolerations = JsonNode.Parse(Tolerations);

        foreach (string? image in new[] { null, "another" })
        {
            JsonNode spec = Json(DrillPod.Of(like, image, null, Start, "4Gi"), 1)["spec"]!;

            AssertJson(Selector, spec["nodeSelector"]!);
            AssertJson(Tolerations, spec["tolerations"]!);
        }
    }

    [Theory]
    [InlineData(null, "Never")]
    [InlineData("another", null)]
    public void The_pull_policy_of_the_pod_is_for_its_own_image(string? image, string? expected)
    {
        V1Pod like = Like(new());
        like.Spec.Containers[1].ImagePullPolicy = "Never";

        JsonNode container = Json(DrillPod.Of(like, image, null, Start, "4Gi"), 1)["spec"]!["containers"]![0]!;

        Assert.Equal(expected, (string?)container["imagePullPolicy"]);
    }

    [Fact]
    public void The_configuration_is_a_file_of_the_pod_s_own_annotation()
    {
        JsonObject json = Json(DrillPod.Of(null, "i", null, Start, "4Gi"), 1);

        Assert.Equal("{}\n", (string?)json["metadata"]!["annotations"]!["oso-snapshot/prometheus.yml"]);
        Assert.Equal(
            "metadata.annotations['oso-snapshot/prometheus.yml']",
            (string?)json["spec"]!["volumes"]![1]!["downwardAPI"]!["items"]![0]!["fieldRef"]!["fieldPath"]);
        Assert.Contains("--config.file=/oso-drill/configuration/prometheus.yml", Arguments(json));
    }

    [Theory]
    [InlineData(1L << 20, 7201, "1075838976")]
    [InlineData(100L << 30, 109_600, "215822106624")]
    [InlineData(long.MaxValue, 2_592_000, "9223372036854775807")]
    public void A_larger_backup_has_more_time_and_room(long bytes, long seconds, string room)
    {
        JsonObject json = Json(DrillPod.Of(null, "i", null, Start, "4Gi"), bytes);

        Assert.Equal(seconds, (long)json["spec"]!["activeDeadlineSeconds"]!);
        Assert.Equal(room, (string?)json["spec"]!["volumes"]![0]!["emptyDir"]!["sizeLimit"]);
    }

    [Theory]
    [InlineData(0L, null, null, "65534:65534")]
    [InlineData(null, null, null, "65534:65534")]
    [InlineData(1000L, null, null, "1000:65534")]
    [InlineData(1000L, 2000L, "7:8", "7:8")]
    public void A_user_that_is_root_or_unknown_is_nobody(long? user, long? group, string? given, string expected)
    {
        StartOptions start = Start with { Identity = AgentIdentity.TryParse(given) };

        Assert.Equal(
            expected,
            DrillPod.Of(Like(new() { RunAsUser = user, RunAsGroup = group }), null, null, start, "4Gi").Identity.ToString());
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("/bin/prometheus", "/bin/prometheus")]
    [InlineData("sh -c", null)]
    public void Only_a_program_without_words_is_taken_from_the_pod(string? command, string? expected)
    {
        V1Pod like = Like(new());
        like.Spec.Containers[1].Command = command?.Split(' ');

        Assert.Equal(expected, DrillPod.Of(like, null, null, Start, "4Gi").Program);
        Assert.Equal("/p", DrillPod.Of(like, null, "/p", Start, "4Gi").Program);
    }

    [Fact]
    public void Neither_a_container_that_is_not_there_nor_root_is_taken()
    {
        V1Pod like = Like(new());
        like.Metadata.Name = "p";

        Assert.Contains(
            "Pod p has no container 'other'",
            Assert.Throws<OperatorException>(() => DrillPod.Of(like, null, null, Start with { Target = "other" }, "4Gi")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "never runs as root",
            Assert.Throws<OperatorException>(() => DrillPod.Of(null, "i", null, Start with { Identity = new(0, 0) }, "4Gi")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("256Mi", true)]
    [InlineData("1Gi", true)]
    [InlineData("999999999Gi", true)]
    [InlineData("255Mi", false)]
    [InlineData("0Gi", false)]
    [InlineData("-1Gi", false)]
    [InlineData("4G", false)]
    [InlineData("Gi", false)]
    [InlineData("9999999999Gi", false)]
    public void The_memory_is_an_amount_that_the_cluster_takes(string text, bool isTaken) =>
        Assert.Equal(isTaken, DrillPod.IsMemory(text));

    private static V1Pod Like(V1SecurityContext security) => new()
    {
        Spec = new()
        {
            Containers = [new() { Name = "web", Image = "nginx" }, new() { Name = "prom", Image = "x/prometheus:v3" }],
            SecurityContext = security,
            ImagePullSecrets = [new() { Name = "registry" }, new() { Name = "../x" }, null],
        },
    };

    private static JsonObject Json(DrillPod pod, long bytes) => pod.ToJson(
        [new OfferedBlock { Ulid = "01HXQ5Z8M2N3P4R5S6T7V8W9XA", Fingerprint = "a", From = 0, To = 1, Bytes = bytes }],
        "--storage.tsdb.retention.time=30d --storage.tsdb.retention.size=0");

    private static string[] Arguments(JsonObject json) =>
        [.. json["spec"]!["containers"]![0]!["args"]!.AsArray().Select(word => (string)word!)];

    private static void AssertJson(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual.ToJsonString());
}
