namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>How a command of the system ended, and what it printed.</summary>
internal sealed record CommandResult(string Command, int ExitStatus, string Output, string Error)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <returns>Itself, so that what it printed can be read in the same line.</returns>
    public CommandResult Succeeded()
    {
        Assert.True(ExitStatus == 0, $"{Command} ended with status {ExitStatus}:\n{Error}\n{Output}");
        return this;
    }
}
