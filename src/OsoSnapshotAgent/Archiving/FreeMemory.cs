using System.Globalization;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// Finds out whether memory is free, that is, not even used for cached files. What the agent caches there evicts none
/// of Prometheus' pages.
/// </summary>
/// <param name="read">Reads a file that the agent sees; null if there is none.</param>
/// <param name="readInTarget">Reads a file in Prometheus' container; null if there is none.</param>
/// <remarks>
/// A container can't see the limit of its pod. The kubelet sets that limit only if every container has one, as their
/// sum. So the pod has at least as much memory left as Prometheus' own container.
/// </remarks>
internal sealed class FreeMemory(Func<string, string?> read, Func<string, string?> readInTarget)
{
    // This part stays free, so that the next process that needs memory evicts nothing.
    private const double FreePart = 0.1;

    private static readonly (string Limit, string Use)[] CgroupFiles =
    [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory.high", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ];

    /// <summary>
    /// Whether so many bytes fit into the node's free memory and below the limits of both containers.
    /// </summary>
    public bool Holds(long bytes)
    {
        // MemAvailable would also count memory that other processes' cached files use.
        string memory = read("/proc/meminfo") ?? string.Empty;
        return BytesOf(memory, "MemTotal:") is { } total && BytesOf(memory, "MemFree:") is { } free
            && free - bytes >= total * FreePart
            && HoldsBelowLimits(read, bytes) && HoldsBelowLimits(readInTarget, bytes);
    }

    // A container without any of these files may have a limit that the agent can't see.
    private static bool HoldsBelowLimits(Func<string, string?> read, long bytes)
    {
        bool isKnown = false;
        foreach ((string limitFile, string useFile) in CgroupFiles)
        {
            if (read(limitFile) is { } text)
            {
                isKnown = true;
                if (long.TryParse(text, CultureInfo.InvariantCulture, out long limit)
                    && !(long.TryParse(read(useFile), CultureInfo.InvariantCulture, out long use)
                        && limit - use - bytes >= limit * FreePart))
                {
                    return false;
                }
            }
        }

        return isKnown;
    }

    private static long? BytesOf(string memory, string key)
    {
        string? line = Array.Find(memory.Split('\n'), line => line.StartsWith(key, StringComparison.Ordinal));
        string? kibibytes = line?[key.Length..].Replace("kB", null, StringComparison.Ordinal);
        return long.TryParse(kibibytes, CultureInfo.InvariantCulture, out long count) ? 1024 * count : null;
    }
}
