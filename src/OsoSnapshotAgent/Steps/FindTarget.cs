using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Which process is Prometheus, where its data lies, and that nobody else is at work there.</summary>
internal sealed class FindTarget(TargetFinder finder, SnapshotRun run, AgentSettings settings, Transcript transcript, TranscriptSinks sinks) : IStep
{
    public Task RunAsync(CancellationToken token)
    {
        transcript.Banner(settings.Remove
            ? "REMOVE is set to 'yes': removing the Prometheus snapshot, its archive and its log"
            : $"Prometheus snapshot procedure started, oso-snapshot {ProductVersion.Text}");
        foreach (string warning in settings.Warnings)
        {
            transcript.Warning(warning);
        }

        TargetContainer target = finder.Find();
        transcript.Line(target.Prometheus is { } process
            ? $"Target: PID {process.Pid} ({process.Name}) as {process.Identity}, data directory {target.Data.PathSeenByAgent}"
            : $"Target: data directory {target.Data.PathSeenByAgent} (no Prometheus process can be seen)");
        Lock(target.Data);
        run.Target = target;
        if (settings.Remove || settings.ToStandardOutput)
        {
            sinks.KeepOffTheVolume();
        }
        else
        {
            sinks.Open(target.Data);
        }

        return Task.CompletedTask;
    }

    private void Lock(DataDirectory data)
    {
        // A stream deletes nothing but its own snapshot, so several go beside each other.
        run.Lock = FileLock.TryTake(data.PathSeenByAgent, isShared: settings.ToStandardOutput)
            ?? throw new AgentException(ExitStatus.Busy, $"Another run is at work on {data.PathSeenByAgent}.", "Wait until it has ended (kubectl logs POD -c debugger-xxxxx), then start again.");
        if (!settings.Remove && !settings.ToStandardOutput && IsHeld(data.Archive))
        {
            throw new AgentException(
                ExitStatus.Busy, $"Another run holds {data.Archive} for its copy.", "Copy it and end that container (Enter, or kubectl exec POD -c debugger-xxxxx -- oso-snapshot release), then start again.");
        }
    }

    private static bool IsHeld(string archive)
    {
        try
        {
            using FileLock? free = FileLock.TryTake(archive, isShared: false);
            return free is null;
        }
        catch (IOException)
        {
            // There is none, or another user's, which no agent of ours can hold.
            return false;
        }
    }
}
