using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>How to run the agent beside a pod's Prometheus; the defaults are those of the restricted profile of kubectl debug.</summary>
internal sealed record AgentOptions
{
    /// <summary>All that the agent's environment holds.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>uid:gid; the pod's own where it is null.</summary>
    public string? User { get; init; }

    /// <summary>Such as "+sys_ptrace": what setpriv adds to an empty set.</summary>
    public string? Capabilities { get; init; }

    /// <summary>Its stdin, stdout and stderr, as with kubectl debug -it; null: no stdin, and two pipes.</summary>
    public Pty? Terminal { get; init; }

    /// <summary>What a shell does to its streams before it becomes the agent, such as ">/dev/full".</summary>
    public string? Redirection { get; init; }

    /// <summary>What runs the program, which follows as its arguments: strace, or a shell that runs it often.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>False: as runtimes do that ignore --target, the agent is PID 1 itself and sees no other process.</summary>
    public bool JoinsPidNamespace { get; init; } = true;

    /// <summary>Not even the network is shared with the pod where this is false; then nothing can be reached.</summary>
    public bool JoinsNetwork { get; init; } = true;
}
