using OsoSnapshotCore;

namespace OsoSnapshotClient.Kubectl;

/// <summary>Explains kubectl's usual failures to users who don't know Kubernetes, with a remedy.</summary>
internal static class ClusterErrors
{
    public const string RightsRemedy =
        "have someone grant you 'patch' on pods/ephemeralcontainers, 'create' on pods/exec, and 'get' on pods and"
        + " pods/log";

    // Some answers hold a whole object, which is too long to read.
    private const int MaxLetters = 600;

    /// <param name="problem">What failed, for an answer with none of the usual causes.</param>
    public static OperatorException Explain(KubectlAnswer answer, string problem, PodAccess access)
    {
        string text = Cut(answer.ErrorText);
        string where = access.Flags.Text;
        return text switch
        {
            _ when access.Start.Custom is { } file && Has("Container{") => Failed(
                $"kubectl can't combine --custom={file} with the profile '{access.Start.Profile}'.",
                "use --profile=restricted; docker/kubernetes/README.md says which options go together"),
            _ when Has("violates PodSecurity") || (Has("admission webhook") && Has("denied")) => Failed(
                $"The namespace's policy refuses the profile '{access.Start.Profile}': {text}",
                "use --profile=restricted; where Prometheus has another identity, with --custom=identity.json"
                + " (docker/kubernetes/README.md)"),
            _ when Has("is forbidden") && Has(" cannot list ") => Failed(
                $"You may not do this here: {text}",
                "have someone grant you 'list' on pods, or name the pods one by one"),
            _ when Has("is forbidden") && Has(" cannot ") => Failed($"You may not do this here: {text}", RightsRemedy),
            _ when Has("ephemeral containers are disabled") || Has("could not find the requested resource") => Failed(
                $"This cluster has no ephemeral containers: {text}", "they need Kubernetes 1.23 or later"),
            _ when Has("targetContainerName") && Has("Not found") => new(
                ExitStatus.Settings,
                $"Pod {access.Pod} has no container '{access.Start.Target}'.",
                $"name one of: {access.ContainerNames}"),
            _ when Has("pods \"") && Has("not found") => new(
                ExitStatus.Settings, $"There is no pod {access.Pod}{where}.", $"see kubectl get pods{where}"),
            _ => Failed($"{problem}: {text}", string.Empty),
        };

        bool Has(string part) => text.Contains(part, StringComparison.Ordinal);
    }

    private static OperatorException Failed(string problem, string remedy) =>
        new(ClientStatus.Failed, problem, remedy);

    private static string Cut(string text) => text.Length <= MaxLetters ? text : text[..MaxLetters] + " …";
}
