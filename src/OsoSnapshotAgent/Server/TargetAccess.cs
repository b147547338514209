using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Explains why the agent can't reach a process' files: the agent's identity, the process' identity, and the remedy.
/// </summary>
/// <remarks>
/// Only a process with the same user and group, or with SYS_PTRACE, may open <c>/proc/PID/root</c>: ptrace(2), "Ptrace
/// access mode checking".
/// </remarks>
internal sealed class TargetAccess(ProcFileSystem proc)
{
    // Only root can use an added capability: capabilities(7), "Transformation of capabilities …".
    private const string AsRoot =
        "Start again as root with SYS_PTRACE: kubectl debug … --profile=general --custom=FILE where FILE holds"
        + " {\"securityContext\":{\"runAsUser\":0,\"runAsGroup\":0}}.";

    /// <summary>Runs an action in the target's root, and explains a refusal.</summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.TargetUnreachable"/>.</exception>
    public T Enter<T>(ProcessInfo? process, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UnauthorizedAccessException e)
        {
            throw Denied($"Cannot enter {e.Message}.", process, e);
        }
        catch (FileNotFoundException e)
        {
            throw new OperatorException(
                ExitStatus.TargetUnreachable, $"The data directory {e.FileName?.TrimEnd('/')} does not exist.",
                "Check OSO_SNAPSHOT_DATA_DIR. Without this variable, the agent finds the directory in Prometheus' command line.", e);
        }
        catch (IOException e)
        {
            throw new OperatorException(
                ExitStatus.TargetUnreachable,
                $"Cannot reach the data directory: {e.Message}.",
                "See whether Prometheus still runs, and what its data directory leads to.",
                e);
        }
    }

    public OperatorException Denied(string problem, ProcessInfo? process, Exception? inner = null)
    {
        ProcessInfo self = proc.Self();
        return new(ExitStatus.TargetUnreachable, $"{problem} {WhoIsWho(self, process)}", Remedy(self, process), inner)
        {
            NeededIdentity = process?.Identity == self.Identity ? null : process?.Identity,
        };
    }

    /// <summary>Explains a directory that the agent may enter and not write to.</summary>
    public OperatorException NotWritable(Exception error, ProcessInfo? process)
    {
        string problem = $"Cannot write to {error.Message}.";
        if (Causes.Of(error) is { } cause && cause != Causes.Denied)
        {
            return new(ExitStatus.TargetUnreachable, problem, cause.Remedy);
        }

        ProcessInfo self = proc.Self();
        return process is not null && (self.UserId, self.GroupId) == (process.UserId, process.GroupId)
            ? new(
                ExitStatus.TargetUnreachable,
                $"{problem} {WhoIsWho(self, process)}",
                "Prometheus has the same user and group. Give them the directory (chown, or fsGroup in the pod's securityContext)."
                + " Check the directory's mode (ls -ldn).")
            : Denied(problem, process);
    }

    private static string WhoIsWho(ProcessInfo self, ProcessInfo? process)
    {
        string ours = $"The agent is {self.Identity} {(self.CanTraceOthers ? "with" : "without")} SYS_PTRACE";
        if (process is null)
        {
            return ours + ".";
        }

        string name = PrometheusCommandLine.IsPrometheus(process) ? "Prometheus" : $"the process {process.Name}";
        return $"{ours}, {name} (PID {process.Pid}) is {process.Identity}.";
    }

    // A root process mostly has capabilities, which another root process lacks under a profile such as restricted.
    private static string Remedy(ProcessInfo self, ProcessInfo? process)
    {
        if (process is null)
        {
            return "Start the agent with the user and group that own the data directory.";
        }

        if ((self.UserId, self.GroupId) == (process.UserId, process.GroupId))
        {
            return AsRoot + " User and group are right, but Prometheus has a capability that the agent lacks, or a"
                + " security module or a user namespace forbids it.";
        }

        return process.UserId == 0
            ? AsRoot
            : "User and group must both be those of Prometheus. Start again with kubectl debug … --custom=FILE where FILE holds"
                + $" {{\"securityContext\":{{\"runAsUser\":{process.UserId},\"runAsGroup\":{process.GroupId}}}}}.";
    }
}
