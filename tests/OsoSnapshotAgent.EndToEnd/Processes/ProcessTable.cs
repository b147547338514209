using System.Globalization;

namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>Reads this machine's processes. Those that a pod's launcher started are several forks below it.</summary>
internal static class ProcessTable
{
    /// <returns>null if there is none (yet).</returns>
    public static int? FindDescendant(int ancestor, Func<int, bool> matches)
    {
        ILookup<int, int> children = ReadAll().ToLookup(process => process.Parent, process => process.Pid);
        var open = new Queue<int>(children[ancestor]);
        while (open.TryDequeue(out int pid))
        {
            if (matches(pid))
            {
                return pid;
            }

            foreach (int child in children[pid])
            {
                open.Enqueue(child);
            }
        }

        return null;
    }

    public static string? NameOf(int pid) => TryRead(pid, "comm")?.TrimEnd('\n');

    /// <summary>Returns a line of /proc/PID/status, such as "NSpid" or "VmRSS".</summary>
    public static string? StatusOf(int pid, string name) =>
        TryRead(pid, "status")?.Split('\n').FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim();

    /// <summary>Says whether the process is PID 1 of a namespace below ours.</summary>
    public static bool IsFirstOfItsNamespace(int pid) =>
        StatusOf(pid, "NSpid") is { } ids && ids.Split('\t') is [_, .., "1"];

    /// <summary>The command lines, with NUL after each word, of the processes that have this environment variable.</summary>
    public static IEnumerable<string> CommandsWith(string variable) =>
        from pid in Ids()
        where TryRead(pid, "environ")?.Split('\0').Contains(variable) == true
        select TryRead(pid, "cmdline") ?? string.Empty;

    private static IEnumerable<int> Ids() =>
        from directory in Directory.EnumerateDirectories("/proc")
        let pid = int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0
        where pid > 0
        select pid;

    private static IEnumerable<(int Pid, int Parent)> ReadAll() =>
        from pid in Ids()
        let parent = StatusOf(pid, "PPid")
        where parent is not null
        select (pid, int.Parse(parent, CultureInfo.InvariantCulture));

    // A process may end between two reads, and another user's environment can't be read.
    private static string? TryRead(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
