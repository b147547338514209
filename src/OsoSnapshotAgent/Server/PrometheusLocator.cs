using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>Finds the URL at which the local Prometheus answers.</summary>
internal sealed class PrometheusLocator(ServerIdentity identity, AgentSettings settings, Transcript transcript)
{
    /// <exception cref="OperatorException">The local Prometheus answers at none of the URLs.</exception>
    public async Task<PrometheusServer> FindAsync(
        PrometheusClient client,
        TargetContainer target,
        CancellationToken token)
    {
        List<OperatorException> failures = [];
        HashSet<string> silent = [];
        foreach (Uri url in CandidateUrls.Of(settings, target).Where(url => !silent.Contains(url.Authority)))
        {
            try
            {
                PrometheusServer server = await client.ProbeAsync(url, token);
                await identity.RequireAsync(client, server, target, token);
                if (failures.Count > 0)
                {
                    transcript.Lines(failures.Select(failure => $"* {failure.Message}"));
                    transcript.Line($"* {url} answered, and the agent uses it");
                }

                return server;
            }
            catch (OperatorException failure)
            {
                failures.Add(failure);
                if (failure is RefusalException { Kind: RefusalKind.NoAnswer })
                {
                    silent.Add(url.Authority);
                }
            }
        }

        throw Join(failures);
    }

    private static OperatorException Join(List<OperatorException> failures)
    {
        if (failures.Count == 0)
        {
            return new(
                ExitStatus.Settings,
                "No Prometheus process can be seen, and no variable says where Prometheus answers.",
                "Set OSO_SNAPSHOT_URL (such as http://127.0.0.1:9090) or OSO_PROMETHEUS_SERVICE_NAME,"
                + " or start with --target so that the process can be seen.");
        }

        if (failures.Count == 1)
        {
            return failures[0];
        }

        // A server that answers something else than 404 shows the cause best; of several, the first is reported.
        OperatorException telling = failures.Find(
            failure => failure is not RefusalException { Kind: RefusalKind.WrongPath }) ?? failures[0];
        string problem = string.Join('\n', failures.Select(failure => failure.Message));
        return new(telling.Status, problem, telling.Remedy, telling) { Brief = telling.Brief };
    }
}
