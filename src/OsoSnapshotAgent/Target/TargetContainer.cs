using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Target;

/// <summary>Prometheus' process, where one can be seen, and its data directory.</summary>
internal sealed record TargetContainer
{
    /// <summary>null where no Prometheus process can be seen and the variables alone say where its data lies.</summary>
    public required ProcessInfo? Prometheus { get; init; }

    public required PrometheusCommandLine CommandLine { get; init; }

    /// <summary>The target's root as the agent sees it: <c>/proc/1/root</c>.</summary>
    public required string RootSeenByAgent { get; init; }

    public required DataDirectory Data { get; init; }

    /// <summary>Where a file named in a setting lies: as the agent sees it, or else in the target container.</summary>
    public string SettingFile(string path) =>
        !File.Exists(path) && InRoot(path) is { } pathSeenByAgent && File.Exists(pathSeenByAgent) ? pathSeenByAgent : path;

    private string? InRoot(string pathInContainer) =>
        RootSeenByAgent == "/" ? null : SymbolicLinks.Resolve(RootSeenByAgent, pathInContainer);
}
