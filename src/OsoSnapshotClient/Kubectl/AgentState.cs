using OsoSnapshot.Formats.Text;

namespace OsoSnapshotClient.Kubectl;

internal enum ContainerPhase
{
    /// <summary>Asked for; the kubelet has said nothing yet.</summary>
    Starting,
    Waiting,
    Running,
    Terminated,
}

/// <summary>An agent's container as its pod's status tells.</summary>
/// <param name="Reason">Why it waits; empty otherwise.</param>
/// <param name="Message">Of the wait or of the end, on one line.</param>
/// <param name="ExitCode">0 unless it has terminated.</param>
internal sealed record AgentState(ContainerPhase Phase, string Reason, string Message, int ExitCode)
{
    // After these the kubelet tries again, but nobody should wait for that.
    private static readonly string[] FatalReasons =
    [
        "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError",
        "CreateContainerError", "RunContainerError",
    ];

    public bool HasStarted => Phase is ContainerPhase.Running or ContainerPhase.Terminated;

    public bool HasEnded => Phase == ContainerPhase.Terminated;

    public bool CanNotStart => FatalReasons.Contains(Reason);

    public static AgentState Of(ContainerState? state) => state switch
    {
        { Running: not null } => new(ContainerPhase.Running, string.Empty, string.Empty, 0),
        { Terminated: { } end } => new(ContainerPhase.Terminated, string.Empty, Line(end.Message), end.ExitCode),
        { Waiting: { Reason: { Length: > 0 } reason } wait } =>
            new(ContainerPhase.Waiting, reason, Line(wait.Message), 0),
        _ => new(ContainerPhase.Starting, string.Empty, string.Empty, 0),
    };

    private static string Line(string? text) => Printable.Text(text ?? string.Empty).Trim();
}
