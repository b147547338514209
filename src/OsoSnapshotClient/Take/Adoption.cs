using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Take;

/// <summary>Finds the run that the note beside an output names, and writes that note.</summary>
/// <param name="output">null for standard output, which no later run can continue.</param>
internal sealed class Adoption(Preflight preflight, TakeOptions take, IRunNote? output)
{
    private readonly PodAccess _access = preflight.Access;

    private string PodId => $"{preflight.Namespace}/{_access.Pod} {preflight.Pod.Metadata.Uid}";

    // The settings that decide the archive's content.
    private string Options =>
        string.Join(
            ' ',
            _access.Start.Settings.Select(setting => $"{setting.Key}={setting.Value}").Order(StringComparer.Ordinal)
                .Prepend(preflight.Target.Name)).ReplaceLineEndings(" ");

    /// <returns>The agent and the name of an interrupted run that is still there; null if there is none.</returns>
    /// <exception cref="OperatorException">The interrupted run makes another archive than this run.</exception>
    public async Task<(RemoteAgent Agent, string Run)?> FindAsync(CancellationToken token)
    {
        // The note is written before the container is requested, so the container may never have been made.
        if (output?.Note is not { Container: { } name, Run: { } run } note || note.Pod != PodId
            || !preflight.Pod.HasEphemeralContainer(name))
        {
            return null;
        }

        RemoteAgent agent = new(_access, name);
        if (preflight.Pod.StateOf(name).HasEnded || !await IsAtWorkAsync(agent, run, token))
        {
            TellEnded(name);
            return null;
        }

        if ((note.Options ?? Options) == Options)
        {
            output.SaveNote();
            _access.Report.Say($"Resuming with container {name} of an earlier run");
            return (agent, run);
        }

        if (!take.IsRestart)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"Container {name} of an earlier run makes another archive: it was started with '{note.Options}', this"
                + $" run asks for '{Options}'.",
                "use the options of the earlier run, or add --restart to give that run up");
        }

        _access.Report.Say($"Giving up container {name} of an earlier run");
        await AgentCancel.RunAsync(agent, run, token);
        return null;
    }

    /// <summary>Writes the note before the container is requested, so that an interruption can't lose it.</summary>
    public void Note(RemoteAgent agent, string run)
    {
        if (output is null)
        {
            return;
        }

        // An archive that is used again may be the one of the partial copy.
        if (!take.IsReuse)
        {
            output.Forget();
        }

        output.Note.Pod = PodId;
        output.Note.Container = agent.Container;
        output.Note.Run = run;
        output.Note.Options = Options;
        output.SaveNote();
    }

    // If no agent answers now, the run is followed until that is clear.
    private static async Task<bool> IsAtWorkAsync(RemoteAgent agent, string run, CancellationToken token) =>
        await agent.StatusAsync(token) is not { } status || status.IsAtWork(run);

    public void TellEnded(string container) => _access.Report.Say(
        $"The earlier run in container {container} has ended: starting anew."
        + (take.IsReuse || take.Into is not null
            ? string.Empty
            : " With --reuse an archive that it left on the volume is copied instead."));
}
