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
        !File.Exists(path) && File.Exists(SeenByAgent(path)) ? SeenByAgent(path) : path;

    /// <summary>A path of the target container as the agent sees it.</summary>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be entered.</exception>
    public string SeenByAgent(string pathInContainer) =>
        RootSeenByAgent == "/" ? pathInContainer : SymbolicLinks.Resolve(RootSeenByAgent, pathInContainer);
}
