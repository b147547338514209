using OsoSnapshotClient.Progress;

namespace OsoSnapshotClient.Kubectl;

/// <summary>All that the work on one pod needs to know and to use.</summary>
internal sealed record PodAccess
{
    public required IKubectl Kubectl { get; init; }

    public required string Pod { get; init; }

    public required GlobalFlags Flags { get; init; }

    public required StartOptions Start { get; init; }

    public required IPodReport Report { get; init; }

    /// <summary>For a message; known once the pod is read.</summary>
    public string ContainerNames { get; init; } = string.Empty;

    /// <summary>kubectl's arguments to run a command in a container.</summary>
    public IReadOnlyList<string> Exec(string container, params IReadOnlyList<string> command) =>
        ["exec", Pod, "-c", container, "--", .. command];

    /// <summary>A command of this program for this pod, for a remedy.</summary>
    public string Command(string verb) =>
        $"kubectl oso-snapshot {verb}{Flags.Text} --image {Start.Image} {Pod}";
}

/// <summary>kubectl's own flags, which are handed on as they are.</summary>
/// <param name="Arguments">For each call.</param>
internal sealed record GlobalFlags(IReadOnlyList<string> Arguments)
{
    /// <summary>As they are typed, a space before each; without a password.</summary>
    public string Text { get; } = string.Concat(
        Arguments.Where((word, index) => !IsSecret(word) && (index == 0 || !IsSecret(Arguments[index - 1])))
            .Select(word => " " + word));

    private static bool IsSecret(string flag) => flag is "--token" or "--password";
}

/// <summary>How an agent's container is started.</summary>
internal sealed record StartOptions
{
    public required string Image { get; init; }

    /// <summary>null: found.</summary>
    public string? Target { get; init; }

    /// <summary>Of <c>kubectl debug</c>; null where this kubectl knows none.</summary>
    public string? Profile { get; init; } = "restricted";

    /// <summary>The operator chose the profile.</summary>
    public bool IsProfileNamed { get; init; }

    public string? Custom { get; init; }

    /// <summary>The agent's settings, as NAME=VALUE.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}
