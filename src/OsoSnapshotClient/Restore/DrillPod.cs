using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>
/// The throwaway pod of a drill, as the Kubernetes API takes it (core/v1, Pod). It has what the restricted Pod Security
/// policy asks for. Nothing reaches its server from outside, and no Service or monitor selects it.
/// </summary>
internal sealed record DrillPod
{
    /// <summary>The name of the container that runs Prometheus.</summary>
    public const string Container = "prometheus";

    /// <summary>The server's port, on loopback of the pod.</summary>
    public const int Port = 9090;

    /// <summary>What the pod asks a node for. Its limit may not be less.</summary>
    public const int MinMemoryMebibytes = 256;

    private const int MaxMemoryDigits = 9;
    private const string NamePrefix = "oso-drill-";
    private const string Configuration = "oso-snapshot/prometheus.yml";
    private const string DataPath = "/oso-drill/data";
    private const string ConfigurationPath = "/oso-drill/configuration";
    private const string ConfigurationFile = "prometheus.yml";
    private const long SpareBytes = 1L << 30;

    // A pod that its client can't delete ends by itself. 1 MiB/s is slower than most restores.
    private const long SpareSeconds = 2 * 60 * 60;
    private const long SlowestBytesPerSecond = 1 << 20;
    private const long MaxSeconds = 30L * 24 * 60 * 60;

    // What the image of Prometheus uses, and its number: Kubernetes takes no name where root is refused.
    private static readonly AgentIdentity Nobody = new(65534, 65534);

    /// <summary>The image of Prometheus.</summary>
    public required string Image { get; init; }

    /// <summary>The path of Prometheus in the image; null for the image's own program.</summary>
    public string? Program { get; init; }

    public required AgentIdentity Identity { get; init; }

    /// <summary>The group that may write to the volume.</summary>
    public required long Group { get; init; }

    /// <summary>The secrets for the image's registry.</summary>
    public IReadOnlyList<string> PullSecrets { get; init; } = [];

    /// <summary>When a node fetches the image; null for the cluster's own rule.</summary>
    public string? PullPolicy { get; init; }

    /// <summary>Which nodes the pod may run on, as the API has written it; null for any.</summary>
    public JsonNode? NodeSelector { get; init; }

    /// <summary>Which taints of a node the pod bears, as the API has written it.</summary>
    public JsonNode? Tolerations { get; init; }

    /// <summary>The memory that the server may use, as Kubernetes writes it.</summary>
    public required string Memory { get; init; }

    public string Name { get; } = NewName();

    /// <param name="like">A pod that runs Prometheus; null if only the image is known.</param>
    /// <param name="image">The image; null for that of the pod.</param>
    /// <param name="program"><inheritdoc cref="Program" path="/summary"/></param>
    /// <param name="start">May name the container and the identity.</param>
    /// <exception cref="OperatorException">There is no such container, several may be Prometheus, or the user is root.
    /// </exception>
    public static DrillPod Of(V1Pod? like, string? image, string? program, StartOptions start, string memory)
    {
        if (start.Identity is { IsRoot: true })
        {
            throw new OperatorException(
                ExitStatus.Settings, "The pod of a drill never runs as root.", "name another user with --run-as");
        }

        string? container = like is null ? null : PrometheusContainer.Find(like, start.Target).Name;
        V1Container? own = like?.Spec.Containers.First(one => one.Name == container);
        AgentIdentity? of = like is null ? null : AgentIdentity.Of(like, container!);
        AgentIdentity identity = start.Identity ?? (of is { IsRoot: false } ? of : Nobody);
        identity = identity with { Group = identity.Group ?? Nobody.Group };
        return new()
        {
            Image = image ?? own?.Image ?? string.Empty,
            Program = program ?? (own?.Command is [{ } only] ? only : null),
            Identity = identity,
            Group = like?.Spec.SecurityContext?.FsGroup ?? identity.Group!.Value,
            PullSecrets =
            [
                .. (like?.Spec.ImagePullSecrets ?? []).Select(secret => secret?.Name).OfType<string>()
                    .Where(KubeName.IsPod),
            ],
            PullPolicy = image is null ? own?.ImagePullPolicy : null,
            NodeSelector = like?.Spec.NodeSelector,
            Tolerations = like?.Spec.Tolerations,
            Memory = memory,
        };
    }

    /// <summary>Whether a text is an amount of memory that the pod can have.</summary>
    public static bool IsMemory(string text) =>
        text.Length is > 2 and <= MaxMemoryDigits + 2
        && long.TryParse(text[..^2], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        && text[^2..] switch
        {
            "Mi" => number >= MinMemoryMebibytes,
            "Gi" => number > 0,
            _ => false,
        };

    /// <param name="blocks">What the pod's volume gets.</param>
    /// <param name="retention">The flags of <see cref="RetentionFlags"/>.</param>
    public JsonObject ToJson(IReadOnlyList<OfferedBlock> blocks, string retention)
    {
        long bytes = ByteSize.Sum(blocks.Select(block => block.Bytes));
        return new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = Name,
                ["labels"] = new JsonObject { [PrometheusContainer.NameLabel] = PrometheusContainer.DrillName },

                // It becomes a file: a second object could be left behind.
                ["annotations"] = new JsonObject { [Configuration] = "{}\n" },
            },
            ["spec"] = new JsonObject
            {
                ["restartPolicy"] = "Never",
                ["activeDeadlineSeconds"] = Math.Min(SpareSeconds + (bytes / SlowestBytesPerSecond), MaxSeconds),
                ["terminationGracePeriodSeconds"] = 1,
                ["automountServiceAccountToken"] = false,
                ["enableServiceLinks"] = false,
                ["imagePullSecrets"] = new JsonArray(
                    [.. PullSecrets.Select(secret => new JsonObject { ["name"] = secret })]),
                ["nodeSelector"] = NodeSelector?.DeepClone(),
                ["tolerations"] = Tolerations?.DeepClone(),
                ["securityContext"] = new JsonObject { ["fsGroup"] = Group },
                ["containers"] = new JsonArray(ContainerOf(bytes, retention)),
                ["volumes"] = new JsonArray(DataVolume(bytes), ConfigurationVolume()),
            },
        };
    }

    private JsonObject ContainerOf(long bytes, string retention)
    {
        IEnumerable<string> flags = ThrowawayServer.Flags(
            $"{ConfigurationPath}/{ConfigurationFile}", DataPath, $"127.0.0.1:{Port}", retention);
        JsonObject container = new()
        {
            ["name"] = Container,
            ["image"] = Image,
            ["imagePullPolicy"] = PullPolicy,
            ["args"] = new JsonArray([.. flags.Select(flag => JsonValue.Create(flag))]),
            ["terminationMessagePolicy"] = "FallbackToLogsOnError",
            ["resources"] = Resources(bytes),
            ["securityContext"] = Security(),
            ["volumeMounts"] = new JsonArray(
                new JsonObject { ["name"] = "data", ["mountPath"] = DataPath },
                new JsonObject { ["name"] = "configuration", ["mountPath"] = ConfigurationPath, ["readOnly"] = true }),
        };
        if (Program is not null)
        {
            container["command"] = new JsonArray(Program);
        }

        return container;
    }

    private JsonObject Resources(long bytes) => new()
    {
        ["requests"] = new JsonObject
        {
            ["cpu"] = "100m",
            ["memory"] = $"{MinMemoryMebibytes}Mi",
            ["ephemeral-storage"] = Quantity(ByteSize.Sum(bytes, SpareBytes)),
        },
        ["limits"] = new JsonObject { ["cpu"] = "2", ["memory"] = Memory },
    };

    private JsonObject Security() => new()
    {
        ["runAsNonRoot"] = true,
        ["runAsUser"] = Identity.User,
        ["runAsGroup"] = Identity.Group,
        ["allowPrivilegeEscalation"] = false,
        ["readOnlyRootFilesystem"] = true,
        ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
    };

    private static JsonObject DataVolume(long bytes) => new()
    {
        ["name"] = "data",
        ["emptyDir"] = new JsonObject { ["sizeLimit"] = Quantity(ByteSize.Sum(bytes, bytes, SpareBytes)) },
    };

    private static JsonObject ConfigurationVolume() => new()
    {
        ["name"] = "configuration",
        ["downwardAPI"] = new JsonObject
        {
            ["items"] = new JsonArray(new JsonObject
            {
                ["path"] = ConfigurationFile,
                ["fieldRef"] = new JsonObject { ["fieldPath"] = $"metadata.annotations['{Configuration}']" },
            }),
        },
    };

    private static string Quantity(long bytes) => bytes.ToString(CultureInfo.InvariantCulture);

    private static string NewName() => NamePrefix + RandomNumberGenerator.GetHexString(10, lowercase: true);
}
