using OsoSnapshotCore;

namespace OsoSnapshotAgent.Runs;

/// <summary>The result of a run that no failure ended.</summary>
/// <param name="Summary">One line for the termination message.</param>
internal sealed record RunResult(ExitStatus Status, string Summary);
