using OsoSnapshot.Formats;

namespace OsoSnapshotClient.Agents;

/// <summary>The agent's container has ended or never began: no later command can resume with it.</summary>
internal sealed class RunEndedException(ExitStatus status, string problem, string remedy)
    : OperatorException(status, problem, remedy);
