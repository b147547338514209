using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Verbs;

/// <summary>The note that a run leaves beside its output, so that a later run can continue it.</summary>
/// <param name="output">null for standard output, which no later run can continue.</param>
internal sealed class RunNote(Preflight preflight, TakeOptions take, CopyOutput? output)
{
    private readonly PodAccess _access = preflight.Access;

    private string PodId => $"{_access.Flags.Text.TrimStart()}/{_access.Pod}";

    // The settings that decide the archive's content.
    private string Options =>
        string.Join(' ', _access.Start.Environment.Prepend(preflight.Target.Name)).ReplaceLineEndings(" ");

    /// <returns>The container of an interrupted run; null if there is none.</returns>
    /// <exception cref="OperatorException">The interrupted run makes another archive than this run.</exception>
    public async Task<AgentContainer?> AdoptAsync(PodWatch watch, CancellationToken token)
    {
        // The note is written before the container is requested, so the container may never have been made.
        if (output?.Note is not { Container: { } name } note || note.Pod != PodId
            || !preflight.Pod.HasEphemeralContainer(name))
        {
            return null;
        }

        AgentContainer agent = note.Run is { } run
            ? new ResidentRun(_access, watch, name, run)
            : new AgentContainer(_access, watch, name, note.Before ?? "its deadline");
        bool hasEnded = preflight.Pod.StateOf(name).HasEnded
            || (note.Run is not null && await agent.ReadStateAsync(token) is { HasEnded: true });
        if (hasEnded)
        {
            TellEnded(name);
            return null;
        }

        if ((note.Options ?? Options) == Options)
        {
            output.SaveNote();
            _access.Report.Say($"Resuming with container {name} of an earlier run");
            return agent;
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
        await AgentCancel.RunAsync(agent, token);
        return null;
    }

    /// <summary>Writes the note before the container is requested, so that an interruption can't lose it.</summary>
    public void Begin(AgentContainer agent)
    {
        if (output is not null)
        {
            output.Forget();
            output.Note.Pod = PodId;
            output.Note.Container = agent.Name;
            output.Note.Run = agent is ResidentRun ? agent.Run : null;
            output.Note.Before = agent.StartBefore;
            output.Note.Options = Options;
            output.SaveNote();
        }
    }

    /// <summary>Notes the archive's SHA-256, and drops the partial copy of another archive.</summary>
    public void Know(string sha256)
    {
        if (output is null)
        {
            return;
        }

        if (output.Note.Sha256 != sha256)
        {
            output.DropPart();
        }

        output.Note.Sha256 = sha256;
        output.SaveNote();
    }

    private void TellEnded(string container) => _access.Report.Say(
        $"Container {container} of an earlier run has ended: starting anew."
        + (take.IsReuse || take.Into is not null
            ? string.Empty
            : " With --reuse an archive that it left on the volume is copied instead."));
}
