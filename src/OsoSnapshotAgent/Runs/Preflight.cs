using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Runs;

/// <summary>Finds the server and checks that it can make a snapshot here, before anything is deleted.</summary>
internal sealed class Preflight(
    PrometheusLocator locator,
    RunState state,
    AgentSettings settings,
    Transcript transcript)
{
    /// <exception cref="OperatorException">No server answers, it is another Prometheus, or its admin API is
    /// off.</exception>
    public async Task<PrometheusServer> RunAsync(
        PrometheusClient client,
        TargetContainer target,
        CancellationToken token)
    {
        PrometheusServer server = await FindAsync(client, target, token);
        ArtefactGuard.RefuseOtherMount(target.Data.Directory);
        return server.AdminApiEnabled ? server : throw Refusals.AdminApiOff(server.BaseUrl);
    }

    /// <summary>Finds the server, for a run that needs no snapshot.</summary>
    /// <exception cref="OperatorException">No server answers, or it is another Prometheus.</exception>
    public async Task<PrometheusServer> FindAsync(
        PrometheusClient client,
        TargetContainer target,
        CancellationToken token)
    {
        state.Enter(Phase.Preflight);
        if (settings.Insecure)
        {
            transcript.Warning(
                LogId.AnyCertificateTrusted,
                "OSO_SNAPSHOT_INSECURE is set: the agent trusts any server that answers over TLS.");
        }

        PrometheusServer server = await locator.FindAsync(client, target, token);
        StorageProof.Compare(server, target);
        state.Update(status => status with { PrometheusVersion = server.Version });
        string admin = server.AdminApiEnabled ? "on" : "off";
        transcript.Line($"Prometheus {server.Version} at {server.BaseUrl}, admin API {admin}");
        return server;
    }
}
