using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>Finds the Prometheus servers among the processes, and chooses the target.</summary>
internal sealed class ServerProcesses
{
    private readonly ProcessInfo[] _candidates;

    public ServerProcesses(IEnumerable<ProcessInfo> processes)
    {
        _candidates = [.. processes.Where(PrometheusCommandLine.IsPrometheus)];

        // A candidate that is the parent of another one is a wrapper (tini, a script) with Prometheus' flags. Its CPU
        // and start times are not Prometheus'.
        All = [.. _candidates.Where(process => !_candidates.Any(other => other.ParentPid == process.Pid))];
    }

    public ProcessInfo[] All { get; }

    public static string StoragePath(ProcessInfo server) => PrometheusCommandLine.Parse(server.Arguments).StoragePath;

    /// <summary>
    /// Chooses the container that --target names: PID 1, or the process that PID 1 wraps. Without --target, there must
    /// be only one Prometheus.
    /// </summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.TargetUnreachable"/>: there are several
    /// servers.</exception>
    public ProcessInfo Choose()
    {
        ProcessInfo[] ofTarget = [.. All.Where(IsBelowFirst)];
        if (ofTarget.Length == 1)
        {
            return ofTarget[0];
        }

        if (All.Length == 1)
        {
            return All[0];
        }

        string all = string.Join(
            "; ",
            All.Select(server =>
                $"PID {server.Pid} ({server.Identity}) with data in {Printable.Short(StoragePath(server))}"));
        throw new OperatorException(
            ExitStatus.TargetUnreachable,
            $"Several Prometheus processes run in this PID namespace: {all}.",
            "Choose one with --env OSO_SNAPSHOT_DATA_DIR=/proc/PID/root/DATA, or choose its container with --target.");
    }

    private bool IsBelowFirst(ProcessInfo process) =>
        process.Pid == 1
        || (Array.Find(_candidates, other => other.Pid == process.ParentPid) is { } parent && IsBelowFirst(parent));
}
