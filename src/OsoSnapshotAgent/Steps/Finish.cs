using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Steps;

/// <summary>The closing banner.</summary>
internal sealed class Finish(SnapshotRun run, AgentSettings settings, Transcript transcript) : IStep
{
    public Task RunAsync(CancellationToken token)
    {
        transcript.Banner(settings.Remove ? "Removal completed"
            : run.Status == ExitStatus.Done ? "Prometheus snapshot creation procedure completed"
            : $"Prometheus snapshot creation procedure completed with damaged blocks, exit status {(int)run.Status}");
        return Task.CompletedTask;
    }
}
