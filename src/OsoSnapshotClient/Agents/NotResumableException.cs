using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>The agent's container has ended or never started: no later command can continue its run.</summary>
internal sealed class NotResumableException(ExitStatus status, string problem, string remedy)
    : OperatorException(status, problem, remedy);
