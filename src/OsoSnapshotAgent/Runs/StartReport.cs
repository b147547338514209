using System.Runtime.InteropServices;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Logs what the agent runs as and with: a reader of the log needs it to understand a run.</summary>
internal static class StartReport
{
    public static IEnumerable<string> Lines(ProcessInfo self, AgentSettings settings)
    {
        string machine = $"{RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.ProcessArchitecture}";
        string rights = self.CanTraceOthers ? "with SYS_PTRACE" : "without SYS_PTRACE";
        yield return $"Agent: oso-snapshot {ProductVersion.Text} as {self.Identity} {rights}, on {machine}";

        // These are the limits of affinity and cgroup.
        string memory = ByteSize.Format(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        string cpus = Plural.Of(Environment.ProcessorCount, "CPU");
        yield return $"Limits: {cpus}, {memory} of memory; compression by {GzipEngines.Choose(settings.Level).Name}";
        yield return settings.Given.Count == 0
            ? "Settings: all by default"
            : $"Settings: {string.Join(", ", settings.Given)}";
    }
}
