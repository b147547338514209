using System.Text.RegularExpressions;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Cluster;

/// <summary>The container that runs Prometheus.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="IsGuess">Whether nothing shows that it runs Prometheus: it is the pod's only container.</param>
internal sealed partial record PrometheusContainer(string Name, bool IsGuess)
{
    /// <summary>The label that says what runs in a pod.</summary>
    public const string NameLabel = "app.kubernetes.io/name";

    /// <summary>The value of that label in the throwaway pods of drills.</summary>
    public const string DrillName = "oso-snapshot-drill";

    private const int UsualPort = 9090;
    private static readonly string[] UsualNames = ["prom-svr", "prom", "prometheus", "prometheus-server"];

    /// <summary>
    /// Finds the container by its image, program or flags, otherwise by its name or port. Otherwise it must be the only
    /// one.
    /// </summary>
    /// <param name="named">The name that the operator gave; null for none.</param>
    /// <exception cref="OperatorException">There is no such container, or several may be Prometheus.</exception>
    public static PrometheusContainer Find(V1Pod pod, string? named)
    {
        IReadOnlyList<V1Container> all = pod.Spec.Containers;
        if (named is not null)
        {
            return all.Any(container => container.Name == named)
                ? new(named, IsGuess: false)
                : throw new OperatorException(
                    ExitStatus.Settings,
                    $"Pod {pod.Metadata.Name} has no container '{named}'.",
                    $"name one of: {string.Join(' ', all.Select(container => container.Name))}");
        }

        V1Container[] found = [.. all.Where(LooksLikePrometheus)];
        found = found.Length > 0 ? found : [.. all.Where(HasUsualName)];
        found = found.Length > 0 ? found : [.. all.Where(HasUsualPort)];
        bool isGuess = found.Length == 0;
        string[] names = [.. (isGuess ? all : found).Select(container => container.Name)];
        return names.Length == 1
            ? new(names[0], isGuess)
            : throw new OperatorException(
                ExitStatus.Settings,
                $"Pod {pod.Metadata.Name} has several containers that may be Prometheus: {string.Join(", ", names)}.",
                "name one with --target");
    }

    /// <summary>Whether a pod that nobody named runs Prometheus: something besides its number of containers shows it.
    /// The pod of a drill is not meant: its data are a backup's.</summary>
    public static bool IsIn(V1Pod pod) => pod.Metadata.Labels?.GetValueOrDefault(NameLabel) switch
    {
        DrillName => false,
        "prometheus" => true,
        _ => pod.Spec.Containers.Any(
            container => LooksLikePrometheus(container) || HasUsualName(container) || HasUsualPort(container)),
    };

    /// <summary>The database directories that the container's flags name, also those in a shell script.</summary>
    public IEnumerable<string> StoragePaths(V1Pod pod) =>
        from container in pod.Spec.Containers
        where container.Name == Name
        from Match flag in StoragePath().Matches(string.Join(' ', Words(container)))
        select flag.Groups[1].Value;

    private static bool LooksLikePrometheus(V1Container container) =>
        LastPart(container.Image ?? string.Empty).Split(':', '@')[0] == "prometheus"
        || (container.Command is [{ } program, ..] && LastPart(program) == "prometheus")
        || Array.Exists(Words(container), word => word.Contains("--storage.tsdb.", StringComparison.Ordinal));

    private static bool HasUsualName(V1Container container) => UsualNames.Contains(container.Name);

    private static bool HasUsualPort(V1Container container) => container.Ports?.Any(
        port => port is { ContainerPort: UsualPort, Name: "web" or "http" }) == true;

    private static string LastPart(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string[] Words(V1Container container) =>
        [.. (container.Command ?? []).Concat(container.Args ?? []).OfType<string>()];

    [GeneratedRegex("--?storage[.]tsdb[.]path[= ]+['\"]?(/[^'\" ]+)")]
    private static partial Regex StoragePath();
}
