namespace OsoSnapshotAgent.Steps;

/// <summary>The only step where the settings are wrong: says so and ends.</summary>
internal sealed class RefuseSettings(AgentException problems) : IStep
{
    public Task RunAsync(CancellationToken token) => throw problems;
}
