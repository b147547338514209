using OsoSnapshot.Formats;
using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Target;

/// <summary>Which of the processes are Prometheus servers, and which of them is the target.</summary>
internal sealed class ServerProcesses
{
    private readonly ProcessInfo[] _candidates;

    public ServerProcesses(IEnumerable<ProcessInfo> processes)
    {
        _candidates = [.. processes.Where(PrometheusCommandLine.IsPrometheus)];

        // A candidate that is the parent of another is a wrapper (tini, an entry-point script) with Prometheus' flags;
        // its times are not Prometheus'.
        All = [.. _candidates.Where(process => !_candidates.Any(other => other.ParentPid == process.Pid))];
    }

    public ProcessInfo[] All { get; }

    public static string StoragePath(ProcessInfo server) => PrometheusCommandLine.Parse(server.Arguments).StoragePath;

    /// <summary>
    /// PID 1, or what it wraps, is the container that --target names; else there must be just one Prometheus.
    /// </summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.TargetUnreachable"/>: there are
    /// several.</exception>
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
            All.Select(server => $"PID {server.Pid} ({server.Identity}) with data in {StoragePath(server)}"));
        throw new OperatorException(
            ExitStatus.TargetUnreachable,
            $"Several Prometheus processes run in this PID namespace: {all}.",
            "Name the one you mean with --env OSO_SNAPSHOT_DATA_DIR=/proc/PID/root/DATA, or its container with --target.");
    }

    private bool IsBelowFirst(ProcessInfo process) =>
        process.Pid == 1
        || (Array.Find(_candidates, other => other.Pid == process.ParentPid) is { } parent && IsBelowFirst(parent));
}
