using OsoSnapshotClient.Progress;

namespace OsoSnapshotClient.Kubectl;

/// <summary>Everything that the work on one pod needs.</summary>
internal sealed record PodAccess
{
    public required IKubectl Kubectl { get; init; }

    public required string Pod { get; init; }

    public required GlobalFlags Flags { get; init; }

    public required StartOptions Start { get; init; }

    public required IPodReport Report { get; init; }

    /// <summary>The names of the pod's containers, for a message; empty before the pod is read.</summary>
    public string ContainerNames { get; init; } = string.Empty;

    /// <summary>kubectl's arguments to run a command in a container.</summary>
    public IReadOnlyList<string> Exec(string container, params IReadOnlyList<string> command) =>
        ["exec", Pod, "-c", container, "--", .. command];

    /// <summary>A command of this program for this pod, for a remedy.</summary>
    public string Command(string verb) =>
        $"kubectl oso-snapshot {verb}{Flags.Text} --image {Start.Image} {Pod}";
}

/// <summary>kubectl's own flags, which are passed on unchanged.</summary>
/// <param name="Arguments">The flags for each call.</param>
internal sealed record GlobalFlags(IReadOnlyList<string> Arguments)
{
    /// <summary>The flags as they are typed, each after a space, without passwords and tokens.</summary>
    public string Text { get; } = string.Concat(
        Arguments.Where((word, index) => !IsSecret(word) && (index == 0 || !IsSecret(Arguments[index - 1])))
            .Select(word => " " + word));

    private static bool IsSecret(string flag) => flag is "--token" or "--password";
}

/// <summary>How an agent's container is started.</summary>
internal sealed record StartOptions
{
    public required string Image { get; init; }

    /// <summary>The container that runs Prometheus; null to find it.</summary>
    public string? Target { get; init; }

    /// <summary>The profile for <c>kubectl debug</c>; null if this kubectl has no profiles.</summary>
    public string? Profile { get; init; } = "restricted";

    /// <summary>Whether the operator chose the profile.</summary>
    public bool IsProfileNamed { get; init; }

    public string? Custom { get; init; }

    /// <summary>The agent's settings, as NAME=VALUE.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}
