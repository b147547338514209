using System.Globalization;
using System.Text;

namespace OsoSnapshotAgent.Linux;

/// <summary>Processes as proc(5) shows them. Everything read here is readable to every user (without hidepid).</summary>
internal sealed class ProcFileSystem(string root)
{
    // USER_HZ: 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    public string Root => root;

    /// <summary>Every process of the PID namespace, by ascending PID; those that end meanwhile are left out.</summary>
    public IReadOnlyList<ProcessInfo> Processes() =>
    [
        .. Directory.EnumerateDirectories(root)
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid > 0)
            .Order()
            .Select(pid => Find(pid.ToString(CultureInfo.InvariantCulture)))
            .OfType<ProcessInfo>(),
    ];

    public ProcessInfo Self() => Find("self") ?? throw new IOException($"{root}/self can't be read: is {root} mounted?");

    /// <summary>The processes' own directory for a file name: <c>/proc/1/root</c>.</summary>
    public string PathOf(ProcessInfo process, string name) => $"{root}/{process.Pid}/{name}";

    /// <summary>CPU seconds that the process has used, in user and kernel mode; null when it has ended.</summary>
    public double? CpuSeconds(int pid) => StatFields(pid.ToString(CultureInfo.InvariantCulture)) is { } fields
        ? (Number(fields[11]) + Number(fields[12])) / TicksPerSecond
        : null;

    private ProcessInfo? Find(string pid)
    {
        if (StatFields(pid) is not { } fields || ReadAll($"{root}/{pid}/status") is not { } status || ReadAll($"{root}/{pid}/cmdline") is not { } commandLine)
        {
            return null;
        }

        return new ProcessInfo
        {
            Pid = int.Parse(Line(status, "Pid"), CultureInfo.InvariantCulture),
            ParentPid = int.Parse(Line(status, "PPid"), CultureInfo.InvariantCulture),
            Name = Line(status, "Name"),
            Arguments = commandLine.TrimEnd('\0') is { Length: > 0 } text ? text.Split('\0') : [],
            UserId = FileSystemId(Line(status, "Uid")),
            GroupId = FileSystemId(Line(status, "Gid")),
            EffectiveCapabilities = ulong.Parse(Line(status, "CapEff"), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            StartSeconds = BootSeconds() + (Number(fields[19]) / TicksPerSecond),
        };
    }

    /// <summary>The fields of /proc/PID/stat from the third (state) on; the name before them may hold anything.</summary>
    private string[]? StatFields(string pid) =>
        ReadAll($"{root}/{pid}/stat") is { } text && text.LastIndexOf(')') is > 0 and int end ? text[(end + 2)..].Split(' ') : null;

    private long BootSeconds() => long.Parse(Line(ReadAll($"{root}/stat") ?? string.Empty, "btime"), CultureInfo.InvariantCulture);

    /// <summary>The rest of the line that starts with a key, after its colon or space.</summary>
    private static string Line(string text, string key) =>
        text.Split('\n').First(line => line.StartsWith(key, StringComparison.Ordinal) && line.Length > key.Length && line[key.Length] is ':' or ' ')[(key.Length + 1)..].Trim();

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    // Real, effective, saved, file system: the last is what /proc/PID/root is checked against.
    private static uint FileSystemId(string ids) => uint.Parse(ids.Split('\t', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);

    private static string? ReadAll(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>One process.</summary>
internal sealed record ProcessInfo
{
    private const int CapSysPtrace = 19;

    public required int Pid { get; init; }

    public required int ParentPid { get; init; }

    /// <summary>The thread name (comm), at most 15 bytes.</summary>
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
