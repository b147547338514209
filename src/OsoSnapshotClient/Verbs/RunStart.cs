using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Verbs;

/// <summary>Starts a run, or continues an interrupted one, until it holds what is to be copied.</summary>
/// <param name="output">null for standard output, which no later run can continue.</param>
internal sealed class RunStart(Preflight preflight, TakeOptions take, CopyOutput? output, TimeProvider time)
{
    private readonly RunNote _note = new(preflight, take, output);

    /// <summary>null before an agent is found or about to be requested.</summary>
    public AgentContainer? Agent { get; private set; }

    /// <summary>Finds the agent of an interrupted run.</summary>
    public async Task AdoptAsync(PodWatch watch, CancellationToken token) =>
        Agent = await _note.AdoptAsync(watch, token);

    /// <summary>Waits until the adopted run, or a new one, holds the archive or the snapshot.</summary>
    /// <param name="hasArchive">Whether the run makes an archive; otherwise it holds only the snapshot.</param>
    public async Task<RunStatus> HoldAsync(PodWatch watch, bool hasArchive, CancellationToken token)
    {
        bool isAdopted = Agent is not null;
        if (Agent is null)
        {
            string target = preflight.Target.Name;
            ResidentAgents residents = new(preflight.Access, watch, time);
            Agent = await residents.ChooseAsync(preflight.Pod, target, take.IsResident, token);
            _note.Begin(Agent);
            await Agent.RequestAsync(target, ["OSO_SNAPSHOT_HOLD=" + take.Hold], token);
        }

        await Agent.AwaitStartAsync(token);
        RunStatus status = await ArchiveWait.RunAsync(Agent, isAdopted, token, hasArchive);
        if (hasArchive)
        {
            _note.Know(status.Sha256!);
        }

        return status;
    }
}
