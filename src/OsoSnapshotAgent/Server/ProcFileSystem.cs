using System.Globalization;
using System.Text;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Server;

/// <summary>Reads processes from proc(5). Every user may read these files (without hidepid).</summary>
internal sealed class ProcFileSystem(string root)
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    // A command line can have any length. Prometheus' flags are a few KiB.
    private const int MaxFileBytes = 64 * 1024;

    public string Root => root;

    /// <summary>
    /// Every process of the PID namespace, by ascending PID. Processes that end meanwhile are left out.
    /// </summary>
    public IReadOnlyList<ProcessInfo> Processes() =>
    [
        .. Directory.EnumerateDirectories(root)
            .Select(
                path =>
                    int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                        ? pid
                        : 0)
            .Where(pid => pid > 0)
            .Order()
            .Select(pid => Find(pid.ToString(CultureInfo.InvariantCulture)))
            .OfType<ProcessInfo>(),
    ];

    public ProcessInfo Self() =>
        Find("self") ?? throw new IOException($"{root}/self can't be read: is {root} mounted?");

    /// <summary>The process' directory, such as <c>/proc/1</c>.</summary>
    public string PathOf(ProcessInfo process) => $"{root}/{process.Pid}";

    /// <summary>The CPU seconds that the process has used, in user and kernel mode; null if it has ended.</summary>
    public double? CpuSeconds(int pid)
    {
        string[]? fields = StatFields(pid.ToString(CultureInfo.InvariantCulture));
        return (Number(fields, 11) + Number(fields, 12)) / TicksPerSecond;
    }

    /// <summary>
    /// The nanoseconds for which each thread of a process has waited for a CPU, by thread ID (the second field of
    /// schedstat). The wait for a CPU quota counts too. Empty if the process has ended.
    /// </summary>
    public IReadOnlyDictionary<string, long> ThreadWaits(int pid)
    {
        Dictionary<string, long> waits = [];
        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"{root}/{pid}/task"))
            {
                if (ReadAll(thread + "/schedstat")?.Split(' ') is [_, { } wait, ..]
                    && long.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out long nanoseconds))
                {
                    waits[thread] = nanoseconds;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process ended meanwhile.
        }

        return waits;
    }

    private ProcessInfo? Find(string pid)
    {
        // A process that lacks something is left out: it has ended, or its runtime shows a different proc(5).
        if (Number(StatFields(pid), 19) is not { } startTicks || BootSeconds() is not { } bootSeconds
            || ReadAll($"{root}/{pid}/status") is not { } status || ReadAll(
                $"{root}/{pid}/cmdline") is not { } commandLine
            || !int.TryParse(Line(status, "Pid"), CultureInfo.InvariantCulture, out int number)
            || !int.TryParse(Line(status, "PPid"), CultureInfo.InvariantCulture, out int parent)
            || FileSystemId(status, "Uid") is not { } user || FileSystemId(status, "Gid") is not { } group
            || !ulong.TryParse(
                Line(status, "CapEff"),
                NumberStyles.HexNumber,
                CultureInfo.InvariantCulture,
                out ulong capabilities))
        {
            return null;
        }

        return new ProcessInfo
        {
            Pid = number,
            ParentPid = parent,
            Name = Line(status, "Name") ?? string.Empty,
            Arguments = commandLine.TrimEnd('\0') is { Length: > 0 } text ? text.Split('\0') : [],
            UserId = user,
            GroupId = group,
            EffectiveCapabilities = capabilities,
            StartSeconds = bootSeconds + (startTicks / TicksPerSecond),
        };
    }

    /// <summary>
    /// The fields of /proc/PID/stat from the third (state) on. The name before them may hold spaces and brackets.
    /// </summary>
    private string[]? StatFields(string pid) =>
        ReadAll($"{root}/{pid}/stat") is { } text && text.LastIndexOf(')') is > 0 and int end && end + 2 <= text.Length
            ? text[(end + 2)..].Split(' ')
            : null;

    private long? BootSeconds() =>
        long.TryParse(
            Line(ReadAll($"{root}/stat") ?? string.Empty, "btime"),
            CultureInfo.InvariantCulture,
            out long seconds) ? seconds : null;

    /// <summary>The rest of the line that starts with a key, after the colon or space.</summary>
    private static string? Line(string text, string key) =>
        Array.Find(
            text.Split('\n'),
            line =>
                line.StartsWith(
                    key,
                    StringComparison.Ordinal) && line.Length > key.Length
                        && line[key.Length] is ':' or ' ')?[(key.Length + 1)..].Trim();

    private static double? Number(string[]? fields, int index) =>
        fields?.Length > index && double.TryParse(fields[index], CultureInfo.InvariantCulture, out double number)
            ? number
            : null;

    // The IDs are real, effective, saved, file system. The kernel checks /proc/PID/root against the last one.
    private static uint? FileSystemId(string status, string key) =>
        Line(status, key)?.Split('\t') is { } ids && uint.TryParse(ids[^1], CultureInfo.InvariantCulture, out uint id)
            ? id
            : null;

    private static string? ReadAll(string path)
    {
        try
        {
            using FileStream file = RegularFile.Open(path);
            return Encoding.UTF8.GetString(RegularFile.ReadStart(file, MaxFileBytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>A process.</summary>
internal sealed record ProcessInfo
{
    private const int CapSysPtrace = 19;

    public required int Pid { get; init; }

    public required int ParentPid { get; init; }

    /// <summary>The thread name (comm), of at most 15 bytes.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required uint UserId { get; init; }

    public required uint GroupId { get; init; }

    public required ulong EffectiveCapabilities { get; init; }

    /// <summary>Start in Unix seconds, with the kernel's resolution of 10 ms.</summary>
    public required double StartSeconds { get; init; }

    public bool CanTraceOthers => (EffectiveCapabilities >> CapSysPtrace & 1) == 1;

    public string Identity => $"{UserId}:{GroupId}";
}
