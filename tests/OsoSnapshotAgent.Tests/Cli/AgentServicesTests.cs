using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Cli;

public sealed class AgentServicesTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void Everything_can_be_composed_before_the_target_is_known()
    {
        using Agent agent = new(_directory, new AgentSettings { CaFile = "/in/the/targets/container.pem" });

        Assert.NotNull(agent.Get<TakeRun>());
        Assert.NotNull(agent.Get<StreamRun>());
        Assert.NotNull(agent.Get<RemoveRun>());
        Assert.NotNull(agent.Get<RunExecutor>());
        Assert.NotNull(agent.Get<ControlServer>());
    }

    public void Dispose() => _directory.Dispose();
}
