namespace OsoSnapshotAgent.Steps;

/// <summary>One step of the procedure: says what happens, and calls the folder that does it. The order is that of AgentServices.</summary>
internal interface IStep
{
    /// <exception cref="AgentException">The run ends here; what it has made is taken back.</exception>
    Task RunAsync(CancellationToken token);
}
