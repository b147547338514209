using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// A path below the root of a process, such as <c>/proc/1/root/data</c>: the process, and the path as that process sees
/// it.
/// </summary>
internal sealed record ProcRootPath(int Pid, string PathInContainer)
{
    public static bool TryParse(string procRoot, string pathSeenByAgent, [NotNullWhen(true)] out ProcRootPath? parsed)
    {
        parsed = null;
        if (!pathSeenByAgent.StartsWith(procRoot + "/", StringComparison.Ordinal))
        {
            return false;
        }

        string[] parts = pathSeenByAgent[(procRoot.Length + 1)..].Split('/', 3);
        if (parts.Length < 2 || parts[1] != "root"
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            return false;
        }

        parsed = new(pid, "/" + (parts.Length == 3 ? parts[2] : string.Empty));
        return true;
    }
}
