using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>The library of faults.c, and the variables that choose the call that fails.</summary>
internal sealed class FaultyDisk : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("oso-faults-").FullName;

    private FaultyDisk() => File.SetUnixFileMode(_directory, (UnixFileMode)0b111_101_101);

    private string Library => Path.Combine(_directory, "faults.so");

    public static async Task<FaultyDisk> CompileAsync()
    {
        var disk = new FaultyDisk();
        string source = Path.Combine(AppContext.BaseDirectory, "Faults", "faults.c");
        // clang is installed on every machine that links the native binary.
        (await HostCommand.RunAsync("clang", "-shared", "-fPIC", "-O1", "-w", "-o", disk.Library, source, "-ldl")).Succeeded();
        return disk;
    }

    /// <summary>
    /// Counts the calls and fails none. Calls on the log don't count, because a run survives a log that fails.
    /// </summary>
    public Dictionary<string, string> Counting() => new()
    {
        ["LD_PRELOAD"] = Library,
        ["FAULT_UNDER"] = "/prometheus",
        ["FAULT_EXCEPT"] = "snapshots.log",
    };

    public Dictionary<string, string> Failing(Fault fault) => new(Counting())
    {
        ["FAULT_CALL"] = fault.Call,
        ["FAULT_AT"] = fault.At.ToString(CultureInfo.InvariantCulture),
        ["FAULT_ERRNO"] = fault.ErrorNumber.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Makes each call take longer.</summary>
    public Dictionary<string, string> Slowing(string call, TimeSpan delay) => new(Counting())
    {
        ["FAULT_CALL"] = call,
        ["FAULT_DELAY"] = delay.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads from the library's output how often each call was made.</summary>
    public static IReadOnlyDictionary<string, int> Counts(string error) => error
        .Split('\n').Last(line => line.StartsWith("faults:", StringComparison.Ordinal)).Split(' ').Skip(1)
        .Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}

/// <summary>The call that fails, by its number among calls of its kind, and its error number.</summary>
internal sealed record Fault(string Call, int At, int ErrorNumber)
{
    /// <summary>The number that stands for each call of its kind.</summary>
    public const int Each = -1;

    public const int InputOutputError = 5;
    public const int AccessDenied = 13;
    public const int InvalidArgument = 22;
    public const int NoSpace = 28;
    public const int ReadOnlyFileSystem = 30;
}
