using System.Globalization;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// Memory that nobody uses, not even for cached files: what the agent caches there costs Prometheus none of its pages.
/// </summary>
/// <param name="read">The text of a file that the agent sees; null where there is none.</param>
/// <param name="readInTarget">The same in Prometheus' container.</param>
/// <remarks>
/// A pod's limit can't be seen from within. The kubelet sets one only where every container has one, and it is their
/// sum: what Prometheus' own container leaves of its limit, the pod's leaves too.
/// </remarks>
internal sealed class FreeMemory(Func<string, string?> read, Func<string, string?> readInTarget)
{
    // What stays free, so that the next process that needs memory has nothing to evict.
    private const double FreePart = 0.1;

    private static readonly (string Limit, string Use)[] CgroupFiles =
    [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory.high", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ];

    /// <summary>Whether so many bytes fit, in the node's memory and below both containers' limits.</summary>
    public bool Holds(long bytes)
    {
        // MemAvailable would count what others have cached.
        string memory = read("/proc/meminfo") ?? string.Empty;
        return BytesOf(memory, "MemTotal:") is { } total && BytesOf(memory, "MemFree:") is { } free
            && free - bytes >= total * FreePart
            && HoldsBelowLimits(read, bytes) && HoldsBelowLimits(readInTarget, bytes);
    }

    // Where no limit can be read, not even "max", nothing is known of this container.
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
