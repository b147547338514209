using System.Text;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;
using Polly.Timeout;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>
/// Finds the URL under which the Prometheus beside us answers: the documented variables first, then the process' own
/// command line. A Service may lead to another replica, whose snapshot would lie on another volume, so who answers is
/// told by its process metrics.
/// </summary>
internal sealed class PrometheusLocator(PrometheusClient client, ProcFileSystem proc, AgentSettings settings, Transcript transcript)
{
    private const string CpuMetric = "process_cpu_seconds_total";
    private const string StartMetric = "process_start_time_seconds";
    private const double TickSeconds = 0.01;

    // It names a few files and a user for each line.
    private const int MaxWebConfigBytes = 256 * 1024;

    private enum Likeness
    {
        Same,
        Unknown,
        Other,
    }

    /// <exception cref="AgentException">None answers as the Prometheus beside us.</exception>
    public async Task<PrometheusServer> FindAsync(TargetContainer target, CancellationToken token)
    {
        List<AgentException> failures = [];
        IReadOnlyList<Uri> candidates = Candidates(settings, target);
        HashSet<string> silent = [];
        foreach (Uri url in candidates)
        {
            // Another path of what could not be reached would only take as long again.
            if (silent.Contains(url.Authority))
            {
                continue;
            }

            try
            {
                PrometheusServer server = await client.ProbeAsync(url, token);
                await CheckLikenessAsync(server, target, token);
                if (failures.Count > 0)
                {
                    transcript.Lines(failures.Select(failure => $"* {failure.Message}"));
                    transcript.Line($"* {url} answers as the Prometheus that we look for");
                }

                return server;
            }
            catch (AgentException failure)
            {
                failures.Add(failure);
                if (failure.Status == ExitStatus.TargetUnreachable || failure.InnerException is TimeoutRejectedException)
                {
                    silent.Add(url.Authority);
                }
            }
        }

        if (failures.Count == 0)
        {
            throw new AgentException(
                ExitStatus.Settings,
                "No Prometheus process can be seen, and no variable says where Prometheus answers.",
                "Set OSO_SNAPSHOT_URL (such as http://127.0.0.1:9090) or OSO_PROMETHEUS_SERVICE_NAME, or start with --target so that the process can be seen.");
        }

        // Of several, the first that was more than a wrong path says most.
        AgentException telling = failures.Find(failure => !failure.Message.Contains(" 404 ", StringComparison.Ordinal)) ?? failures[0];
        string problem = string.Join('\n', failures.Select(failure => failure.Message));
        throw failures.Count == 1
            ? telling
            : new AgentException(telling.Status, problem, telling.Remedy, telling) { Brief = telling.Brief };
    }

    /// <summary>False where neither a variable nor a process says where Prometheus answers.</summary>
    public bool HasCandidate(TargetContainer target) => Candidates(settings, target).Count > 0;

    /// <summary>Base URLs in the order in which they are tried. A wrong path answers 404 and makes nothing, so trying is safe.</summary>
    internal static IReadOnlyList<Uri> Candidates(AgentSettings settings, TargetContainer target)
    {
        if (settings.Url is { } given)
        {
            return [given];
        }

        Uri? local = target.Prometheus is null ? null : target.CommandLine.LocalUrl(Scheme(target));
        string? authority = settings.ServiceName is { } service ? $"http://{service}/" : local is null ? null : local.GetLeftPart(UriPartial.Authority) + "/";
        List<Uri> candidates = (authority, settings.ClusterNamePrefix, settings.ServiceName) switch
        {
            ({ } url, { } prefix, _) => [new Uri($"{url}{prefix}/prometheus/")],
            ({ } url, null, not null) => [new Uri(url + "prometheus/"), new Uri(url)],
            _ => [],
        };
        return [.. candidates.Concat(local is null ? [] : [local]).Distinct()];
    }

    private static string Scheme(TargetContainer target)
    {
        byte[]? file = target.CommandLine.WebConfigFile is { } path ? target.Root.TryReadStart(path, MaxWebConfigBytes) : null;
        return Encoding.UTF8.GetString(file ?? []).Split('\n').Any(line => line.StartsWith("tls_server_config:", StringComparison.Ordinal))
            ? Uri.UriSchemeHttps
            : Uri.UriSchemeHttp;
    }

    /// <summary>
    /// To be called right before a request that must reach the Prometheus beside us: behind a Service, a connection that was opened
    /// anew may lead to another replica.
    /// </summary>
    /// <exception cref="AgentException">With <see cref="ExitStatus.OtherPrometheus"/>.</exception>
    public async Task CheckLikenessAsync(PrometheusServer server, TargetContainer target, CancellationToken token)
    {
        bool isOurLoopback = server.BaseUrl.IsLoopback && server.BaseUrl.Port == target.CommandLine.LocalUrl(Uri.UriSchemeHttp)?.Port;
        if (target.Prometheus is { } beside && await CompareAsync(server.BaseUrl, beside, isOurLoopback, token) == Likeness.Other)
        {
            throw new AgentException(
                ExitStatus.OtherPrometheus,
                $"{server.BaseUrl} leads to another Prometheus than the one beside us (PID {beside.Pid}): its start time and CPU time differ.",
                "The Service has several replicas, or the URL is another pod's. Address this pod's own: --env OSO_SNAPSHOT_URL=http://127.0.0.1:PORT/PREFIX, or leave the variable out to have it found.");
        }
    }

    /// <summary>
    /// Prometheus' CPU time is read from procfs before, by itself within, and again after the request: only the same
    /// process lies between. Its start time has the same source on both sides, in steps of 10 ms.
    /// </summary>
    private async Task<Likeness> CompareAsync(Uri url, ProcessInfo beside, bool isOurLoopback, CancellationToken token)
    {
        double? before = proc.CpuSeconds(beside.Pid);
        IReadOnlyDictionary<string, double> metrics = await client.MetricsAsync(url, new HashSet<string> { CpuMetric, StartMetric }, token);
        double? after = proc.CpuSeconds(beside.Pid);
        if (before is null || after is null || !metrics.TryGetValue(CpuMetric, out double cpu) || !metrics.TryGetValue(StartMetric, out double start))
        {
            return Likeness.Unknown;
        }

        bool cpuFits = cpu >= before - TickSeconds && cpu <= after + TickSeconds;

        // The boot time, which is part of both, is in whole seconds and may be rounded the other way.
        double difference = Math.Abs(start - beside.StartSeconds);
        bool startFits = difference < TickSeconds || Math.Abs(difference - 1) < TickSeconds;

        // Young replicas have used much the same CPU time. On our own loopback, though, a runtime that shows containers
        // a boot time of their own is likelier than a stranger.
        return (cpuFits, startFits) switch
        {
            (true, true) => Likeness.Same,
            (false, true) => Likeness.Unknown,
            (true, false) when isOurLoopback => Likeness.Unknown,
            _ => Likeness.Other,
        };
    }
}
