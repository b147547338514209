using OsoSnapshotAgent.Archiving;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class FreeMemoryTests
{
    private const long MiB = 1024 * 1024;
    private const string Max = "/sys/fs/cgroup/memory.max";
    private const string High = "/sys/fs/cgroup/memory.high";
    private const string Current = "/sys/fs/cgroup/memory.current";
    private const string OldMax = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
    private const string OldCurrent = "/sys/fs/cgroup/memory/memory.usage_in_bytes";

    private readonly Dictionary<string, string> _own = new()
    {
        ["/proc/meminfo"] = "MemTotal:        1024000 kB\nMemFree:          512000 kB\nMemAvailable:     900000 kB\n",
        [Max] = "max\n",
        [High] = "max\n",
        [Current] = "1048576\n",
    };

    private readonly Dictionary<string, string> _target = new() { [OldMax] = "9223372036854771712\n", [OldCurrent] = "1048576\n" };

    private FreeMemory Memory => new(_own.GetValueOrDefault, _target.GetValueOrDefault);

    [Theory]
    [InlineData(400, true)]
    [InlineData(401, false)]
    public void Without_limits_a_tenth_of_the_memory_stays_free_whatever_is_merely_available(long mebibytes, bool expected) =>
        Assert.Equal(expected, Memory.Holds(mebibytes * MiB));

    [Theory]
    [InlineData(Max, Current)]
    [InlineData(High, Current)]
    [InlineData(OldMax, OldCurrent)]
    public void A_limit_of_either_container_keeps_a_tenth_of_itself_free(string limit, string current)
    {
        foreach (Dictionary<string, string> container in (Dictionary<string, string>[])[_own, _target])
        {
            (string? Limit, string? Current) before = (container.GetValueOrDefault(limit), container.GetValueOrDefault(current));
            container[limit] = $"{100 * MiB}\n";
            container[current] = $"{30 * MiB}\n";

            Assert.Equal((true, false), (Memory.Holds(60 * MiB), Memory.Holds(61 * MiB)));

            container[limit] = before.Limit ?? "max\n";
            container[current] = before.Current ?? "0\n";
        }
    }

    [Fact]
    public void What_cannot_be_read_holds_nothing()
    {
        Dictionary<string, string> nothing = [];

        Assert.True(Memory.Holds(1));
        Assert.False(new FreeMemory(_own.GetValueOrDefault, nothing.GetValueOrDefault).Holds(1));
        Assert.False(new FreeMemory(nothing.GetValueOrDefault, _target.GetValueOrDefault).Holds(1));
        _own[Max] = $"{100 * MiB}\n";
        _own.Remove(Current);
        Assert.False(Memory.Holds(1));
    }
}
