namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>How the agent ended. With a terminal, what it printed is on the <see cref="Terminals.Pty"/>.</summary>
internal sealed record AgentResult(int ExitStatus, string Output, string Error, string TerminationMessage, TimeSpan Duration)
{
    /// <returns>Itself, so that more can be asserted in the same line.</returns>
    public AgentResult EndedWith(int exitStatus)
    {
        Assert.True(ExitStatus == exitStatus, $"The agent ended with status {ExitStatus}, not {exitStatus} ({TerminationMessage}):\n{Output}\n{Error}");
        return this;
    }
}
