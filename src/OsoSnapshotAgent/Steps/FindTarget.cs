using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Steps;

/// <summary>Which process is Prometheus, where its data lies, and that nobody else is at work there.</summary>
internal sealed class FindTarget(TargetFinder finder, SnapshotRun run, AgentSettings settings, Transcript transcript, TranscriptSinks sinks) : IStep
{
    // No run knows the name of another's container.
    private const string Others = "kubectl get pod POD -o yaml names the pod's debug containers under ephemeralContainers";

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
        run.Target = target;
        Lock(target.Data);
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
        run.Lock = data.Directory.TryLock(isShared: settings.ToStandardOutput)
            ?? throw new AgentException(ExitStatus.Busy, $"Another run is at work on {data.PathSeenByAgent}.", $"Wait until it has ended ({Others}), then start again.");
        if (!settings.Remove && !settings.ToStandardOutput && IsHeld(data.Directory))
        {
            throw new AgentException(
                ExitStatus.Busy,
                $"Another run holds {data.Archive} for its copy.",
                $"Copy it and end that container (Enter, or kubectl exec POD -c CONTAINER -- oso-snapshot release; {Others}), then start again.");
        }
    }

    private static bool IsHeld(DirectoryHandle directory)
    {
        try
        {
            // An archive has one name: a hard link could be any file, such as Prometheus' own lock.
            using FileLock? free = directory.TryLockFile(DataDirectory.ArchiveName, isShared: false);
            return free is null && directory.Find(DataDirectory.ArchiveName) is { LinkCount: 1 };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is none, or something else, or another user's, which no agent of ours can hold.
            return false;
        }
    }
}
