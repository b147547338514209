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

    /// <summary>The bytes of a file that a setting names, in the agent's container or else in the target's.</summary>
    /// <exception cref="IOException">It can't be read, or has more than <paramref name="maxBytes"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public byte[] ReadSettingFile(string path, int maxBytes)
    {
        bool liesInTarget = !File.Exists(path) && File.Exists(SeenByAgent(path));
        using FileStream file = File.OpenRead(liesInTarget ? SeenByAgent(path) : path);
        byte[] content = new byte[maxBytes + 1];
        int count = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return count <= maxBytes ? content[..count] : throw new IOException($"it has more than {maxBytes} bytes");
    }

    /// <summary>A path of the target container as the agent sees it.</summary>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be entered.</exception>
    public string SeenByAgent(string pathInContainer) =>
        RootSeenByAgent == "/" ? pathInContainer : SymbolicLinks.Resolve(RootSeenByAgent, pathInContainer);
}
