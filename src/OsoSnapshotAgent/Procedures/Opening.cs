using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Protocol;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Procedures;

/// <summary>The target, and what keeps other runs off it.</summary>
internal sealed record OpenTarget(TargetContainer Target, RunLock Lock) : IDisposable
{
    public void Dispose()
    {
        Lock.Dispose();
        Target.Dispose();
    }
}

/// <summary>
/// How every procedure begins: what was asked for, which process is Prometheus, that nobody else is at work there, and
/// where the log goes.
/// </summary>
internal sealed class Opening(
    ProcFileSystem proc,
    TargetFinder finder,
    RunState state,
    AgentSettings settings,
    Transcript transcript,
    TranscriptSinks sinks)
{
    private const string Started = "Prometheus snapshot procedure started, oso-snapshot ";

    /// <summary>For a run that makes an archive or holds blocks.</summary>
    /// <exception cref="OperatorException">There is no target, or another run is at work there, or somebody copies the
    /// archive.</exception>
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

    /// <summary>For a run that leaves nothing on the volume, beside others of its kind.</summary>
    /// <exception cref="OperatorException">There is no target, or another run is at work there.</exception>
    public OpenTarget ForStream()
    {
        OpenTarget open = Open(Started + ProductVersion.Text, isShared: true);
        sinks.KeepOffTheVolume();
        return open;
    }

    /// <summary>For a run that deletes the log too.</summary>
    /// <inheritdoc cref="ForStream" path="/exception"/>
    public OpenTarget ForRemoval()
    {
        OpenTarget open = Open(
            "REMOVE is set to 'yes': removing the Prometheus snapshot, its archive and its log",
            isShared: false);
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
