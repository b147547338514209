using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cluster;

internal enum ContainerPhase
{
    /// <summary>Requested; the kubelet has not reported a state.</summary>
    Starting,
    Waiting,
    Running,
    Terminated,
}

/// <summary>The state of a container, from its pod's status.</summary>
/// <param name="Reason">Why the container waits, or how it ended; empty otherwise.</param>
/// <param name="Message">The message of the wait or of the end, on one line.</param>
/// <param name="ExitCode">The exit status; 0 unless the container has terminated.</param>
internal sealed record ContainerState(ContainerPhase Phase, string Reason, string Message, int ExitCode)
{
    // The kubelet retries after these, but they rarely go away by themselves.
    private static readonly string[] FatalReasons =
    [
        "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError",
        "CreateContainerError", "RunContainerError",
    ];

    /// <summary>When the container terminated; null unless it has.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public bool HasStarted => Phase is ContainerPhase.Running or ContainerPhase.Terminated;

    public bool HasEnded => Phase == ContainerPhase.Terminated;

    public bool CanNotStart => Phase == ContainerPhase.Waiting && FatalReasons.Contains(Reason);

    public static ContainerState Of(V1ContainerState? state) => state switch
    {
        { Running: not null } => new(ContainerPhase.Running, string.Empty, string.Empty, 0),
        { Terminated: { } end } =>
            new(ContainerPhase.Terminated, Text(end.Reason), Text(end.Message), StatusOf(end.ExitCode))
            {
                EndedAt = end.FinishedAt,
            },
        { Waiting: { Reason: { Length: > 0 } reason } wait } =>
            new(ContainerPhase.Waiting, Text(reason), Text(wait.Message), 0),
        _ => new(ContainerPhase.Starting, string.Empty, string.Empty, 0),
    };

    private static string Text(string? text) => Printable.Line(text ?? string.Empty).Trim();

    // This process ends with the agent's status, and of a larger number the system keeps the last byte: 256 would be 0.
    private static int StatusOf(int exitCode) => exitCode is >= 0 and <= 255 ? exitCode : (int)ClientStatus.Failed;
}
