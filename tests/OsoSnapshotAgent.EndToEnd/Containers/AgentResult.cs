namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>
/// The agent's exit status and output. If it had a terminal, the <see cref="Terminals.Pty"/> has the output.
/// </summary>
internal sealed record AgentResult(int ExitStatus, string Output, string Error, string TerminationMessage, TimeSpan Duration)
{
    /// <returns>This result, so that the same line can assert more.</returns>
    public AgentResult EndedWith(int exitStatus)
    {
        Assert.True(ExitStatus == exitStatus, $"The agent ended with status {ExitStatus}, not {exitStatus} ({TerminationMessage}):\n{Output}\n{Error}");
        return this;
    }
}
