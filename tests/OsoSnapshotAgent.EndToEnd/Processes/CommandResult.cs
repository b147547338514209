namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>The exit status and the output of a system command.</summary>
internal sealed record CommandResult(string Command, int ExitStatus, string Output, string Error)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <returns>This result, so that the same line can read its output.</returns>
    public CommandResult Succeeded()
    {
        Assert.True(ExitStatus == 0, $"{Command} ended with status {ExitStatus}:\n{Error}\n{Output}");
        return this;
    }
}
