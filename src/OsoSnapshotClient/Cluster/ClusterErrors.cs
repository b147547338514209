using OsoSnapshotCore;

namespace OsoSnapshotClient.Cluster;

/// <summary>What a request was about, for a message.</summary>
/// <param name="Pod">The pod's name; empty if it was about several.</param>
/// <param name="Where">The global flags as typed, each after a space: <see cref="GlobalFlags.Text"/>.</param>
internal sealed record ClusterPlace(string Pod, string Where)
{
    /// <summary>The container that runs Prometheus; null if it is not known.</summary>
    public string? Target { get; init; }

    /// <summary>The names of the pod's containers; empty before the pod is read.</summary>
    public string ContainerNames { get; init; } = string.Empty;
}

/// <summary>
/// Explains the cluster's refusals to users who don't know Kubernetes, with a remedy. The texts of the API server are
/// passed on, and decide nothing.
/// </summary>
internal static class ClusterErrors
{
    private const string LogInRemedy =
        "log in with any kubectl command first, such as kubectl get pods with the same flags: there a plugin may ask you";

    /// <param name="problem">What failed, for an answer with none of the usual causes.</param>
    public static OperatorException Explain(ClusterException failure, string problem, ClusterPlace place) =>
        failure switch
        {
            { UnfitKubectl: { } kubectl } => Failed(
                failure,
                $"{kubectl} {(failure.InnerException is null ? failure.Message : null)}".TrimEnd(),
                "install kubectl 1.23 or later and put it on PATH, or name it in the variable KUBECTL"),
            { MissingRight: { } right } => Failed(
                failure,
                $"You may not do this{place.Where}: {failure.Message}",
                $"have someone grant you {right}"),
            { Code: 401 } => Failed(failure, $"The cluster doesn't know you: {failure.Message}", LogInRemedy),
            { Code: 422 } when failure.Causes.Any(IsAboutTarget) => NoTarget(failure, place),
            { IsForContainer: true, Code: 400 or 403 or 422 } when !failure.Causes.Any(NamesField) => Failed(
                failure,
                $"A policy of the cluster or its namespace refuses this: {failure.Message}",
                "ask who keeps the policy, or change the container with --custom (docker/kubernetes/README.md)"),
            { Code: 404, Kind: "pods" } => new(
                ExitStatus.Settings,
                $"There is no pod {place.Pod}{place.Where}.",
                $"see kubectl get pods{place.Where}",
                failure),
            { IsForContainer: true, Code: 404 } => Failed(
                failure,
                $"This cluster has no ephemeral containers: {failure.Message}",
                "they need Kubernetes 1.23 or later"),
            { Code: 404, Kind: { Length: > 0 } kind } => new(
                ExitStatus.Settings,
                $"{problem}: {failure.Message}",
                $"see kubectl get {kind}{place.Where}",
                failure),
            { Code: 409 or 429 } or { Code: >= 500, IsKubectls: false } or { Reason: "Timeout" } => Failed(
                failure,
                $"{problem}: {failure.Message}",
                "the cluster is busy or broken: run the same command again"),
            { Reason: "TooLong" } => Failed(
                failure,
                $"{problem}: {failure.Message}",
                "match fewer pods with --selector, or name another namespace with -n"),
            { IsKubectls: true } or { Code: 0, Reason.Length: 0 } => Failed(
                failure,
                $"The cluster can't be reached, or the login fails: {failure.Message}",
                LogInRemedy),
            _ => Failed(failure, $"{problem}: {failure.Message}", string.Empty),
        };

    private static bool IsAboutTarget(ClusterCause cause) =>
        cause.Field.EndsWith(".targetContainerName", StringComparison.Ordinal);

    // The API names the field that is wrong; a policy names none.
    private static bool NamesField(ClusterCause cause) => cause.Field.Length > 0;

    private static OperatorException NoTarget(ClusterException failure, ClusterPlace place) => new(
        ExitStatus.Settings,
        $"Pod {place.Pod} has no container '{place.Target}'.",
        $"name one of: {place.ContainerNames}",
        failure);

    private static OperatorException Failed(ClusterException failure, string problem, string remedy) =>
        new(ClientStatus.Failed, problem, remedy, failure);
}
