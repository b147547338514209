using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Steps;

public sealed class CompositionTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void Everything_can_be_composed_before_the_target_is_known()
    {
        using Agent agent = new(_directory, new AgentSettings { CaFile = "/in/the/targets/container.pem" }, knowsTarget: false);

        Assert.NotNull(agent.Get<StepRunner>());
        Assert.Equal(
            ["FindTarget", "Preflight", "CleanOldArchives", "CaptureSnapshot", "ArchiveSnapshot", "VerifyArchive", "HoldForCopy", "Finish"],
            agent.Get<IEnumerable<IStep>>().Select(step => step.GetType().Name));
    }

    [Fact]
    public void A_run_that_removes_takes_no_snapshot()
    {
        using Agent agent = new(_directory, new AgentSettings { Remove = true });

        Assert.Equal(["FindTarget", "RemoveSnapshot", "Finish"], agent.Get<IEnumerable<IStep>>().Select(step => step.GetType().Name));
    }

    public void Dispose() => _directory.Dispose();
}
