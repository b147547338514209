using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>
/// Says how to run the agent beside a pod's Prometheus. The defaults are those of kubectl debug's restricted profile.
/// </summary>
internal sealed record AgentOptions
{
    /// <summary>All variables of the agent's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>uid:gid; null means the pod's own.</summary>
    public string? User { get; init; }

    /// <summary>The capabilities that setpriv adds to an empty set, such as "+sys_ptrace".</summary>
    public string? Capabilities { get; init; }

    /// <summary>
    /// The agent's stdin, stdout and stderr, as with kubectl debug -it. null means no stdin, and two pipes.
    /// </summary>
    public Pty? Terminal { get; init; }

    /// <summary>A redirection that a shell applies before it becomes the agent, such as ">/dev/full".</summary>
    public string? Redirection { get; init; }

    /// <summary>A command that runs the program, such as strace. The program and its arguments follow it.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Another binary than the one that ./build.sh publish makes; null means that one.</summary>
    public string? Binary { get; init; }

    /// <summary>The command that runs a binary of another architecture. Empty if this machine runs the binary.</summary>
    public IReadOnlyList<string> Emulator { get; init; } = [];

    /// <summary>
    /// False makes the agent PID 1, so that it sees no other process, as with runtimes that ignore --target.
    /// </summary>
    public bool JoinsPidNamespace { get; init; } = true;

    /// <summary>False gives the agent a network of its own, in which it can reach nothing.</summary>
    public bool JoinsNetwork { get; init; } = true;
}
