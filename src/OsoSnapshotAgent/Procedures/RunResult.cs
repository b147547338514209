using OsoSnapshot.Formats;

namespace OsoSnapshotAgent.Procedures;

/// <summary>How a procedure that was not ended by a failure has ended.</summary>
/// <param name="Summary">One line for the termination message.</param>
internal sealed record RunResult(ExitStatus Status, string Summary);
