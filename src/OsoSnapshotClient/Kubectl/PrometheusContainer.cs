using System.Text.RegularExpressions;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Kubectl;

/// <summary>The container that runs Prometheus.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="IsGuess">Whether nothing shows that it runs Prometheus: it is the pod's only container.</param>
internal sealed partial record PrometheusContainer(string Name, bool IsGuess)
{
    private static readonly string[] UsualNames = ["prom-svr", "prom", "prometheus", "prometheus-server"];

    /// <summary>
    /// Finds the container by its image, program or flags, otherwise by its name. Otherwise it must be the only one.
    /// </summary>
    /// <param name="named">The name that the operator gave; null for none.</param>
    /// <exception cref="OperatorException">Several containers may be Prometheus.</exception>
    public static PrometheusContainer Find(Pod pod, string? named)
    {
        if (named is not null)
        {
            return new(named, IsGuess: false);
        }

        IReadOnlyList<PodContainer> all = pod.Spec.Containers;
        PodContainer[] found = [.. all.Where(LooksLikePrometheus)];
        found = found.Length > 0 ? found : [.. all.Where(container => UsualNames.Contains(container.Name))];
        bool isGuess = found.Length == 0;
        string[] names = [.. (isGuess ? all : found).Select(container => container.Name)];
        return names.Length == 1
            ? new(names[0], isGuess)
            : throw new OperatorException(
                ExitStatus.Settings,
                $"Pod {pod.Metadata.Name} has several containers that may be Prometheus: {string.Join(", ", names)}.",
                "Name one with --target.");
    }

    /// <summary>The database directories that the container's flags name, also those in a shell script.</summary>
    public IEnumerable<string> StoragePaths(Pod pod) =>
        from container in pod.Spec.Containers
        where container.Name == Name
        from Match flag in StoragePath().Matches(string.Join(' ', Words(container)))
        select flag.Groups[1].Value;

    private static bool LooksLikePrometheus(PodContainer container) =>
        LastPart(container.Image).Split(':', '@')[0] == "prometheus"
        || (container.Command is [var program, ..] && LastPart(program) == "prometheus")
        || Array.Exists(Words(container), word => word.Contains("--storage.tsdb.", StringComparison.Ordinal));

    private static string LastPart(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string[] Words(PodContainer container) => [.. container.Command ?? [], .. container.Args ?? []];

    [GeneratedRegex("--?storage[.]tsdb[.]path[= ]+['\"]?(/[^'\" ]+)")]
    private static partial Regex StoragePath();
}
