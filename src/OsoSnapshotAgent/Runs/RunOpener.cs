using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Runs;

/// <summary>The target, with the lock that keeps other runs away from it.</summary>
internal sealed record OpenTarget(TargetContainer Target, RunLock Lock) : IDisposable
{
    public void Dispose()
    {
        Lock.Dispose();
        Target.Dispose();
    }
}

/// <summary>
/// Begins every run: logs the settings, finds Prometheus, locks the data directory and opens the log.
/// </summary>
internal sealed class RunOpener(
    ProcFileSystem proc,
    TargetFinder finder,
    RunState state,
    AgentSettings settings,
    Transcript transcript,
    TranscriptSinks sinks)
{
    private const string Started = "Prometheus snapshot procedure started, oso-snapshot ";

    /// <summary>Begins a run that makes an archive or holds blocks.</summary>
    /// <exception cref="OperatorException">There is no target, another run is at work there, or an archive is held for
    /// a copy.</exception>
    public OpenTarget ForArchive()
    {
        OpenTarget open = Open(Started + ProductVersion.Text, isShared: false);
        try
        {
            open.Lock.RefuseHeld();
        }
        catch
        {
            open.Dispose();
            throw;
        }

        sinks.Open(open.Target.Data.Directory, DataDirectory.LogName);
        return open;
    }

    /// <summary>Begins a run that leaves nothing on the volume. Several such runs may work at a time.</summary>
    /// <exception cref="OperatorException">There is no target, or another run is at work there.</exception>
    public OpenTarget ForStream()
    {
        OpenTarget open = Open(Started + ProductVersion.Text, isShared: true);
        sinks.KeepOffTheVolume();
        return open;
    }

    /// <summary>Begins a run that deletes the log too.</summary>
    /// <inheritdoc cref="ForStream" path="/exception"/>
    public OpenTarget ForRemoval()
    {
        OpenTarget open = Open(
            "REMOVE is set to 'yes': removing the Prometheus snapshot, its archive and its log",
            isShared: false);
        sinks.KeepOffTheVolume();
        return open;
    }

    /// <summary>Begins a run that makes blocks, and leaves no log on the volume.</summary>
    /// <inheritdoc cref="ForStream" path="/exception"/>
    public OpenTarget ForRestore()
    {
        OpenTarget open = Open(
            $"Restore into the running Prometheus started, oso-snapshot {ProductVersion.Text}", isShared: false);
        sinks.KeepOffTheVolume();
        return open;
    }

    private OpenTarget Open(string banner, bool isShared)
    {
        state.Enter(Phase.FindTarget);
        transcript.Banner(banner);
        foreach (string warning in settings.Warnings)
        {
            transcript.Warning(LogId.UnknownVariable, warning);
        }

        transcript.Lines(StartReport.Lines(proc.Self(), settings));
        TargetContainer target = finder.Find();
        transcript.Line(target.Prometheus is { } process
            ? $"Target: PID {process.Pid} ({process.Name}) as {process.Identity}, data directory {target.Data.PathSeenByAgent}"
            : $"Target: data directory {target.Data.PathSeenByAgent} (no Prometheus process can be seen)");
        try
        {
            return new(target, RunLock.Take(target.Data, isShared));
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }
}
