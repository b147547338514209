using OsoSnapshot.Formats;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>
/// Tells whether the server that answers is the Prometheus process beside us: behind a Service, each new connection may
/// reach another replica, whose snapshot would lie on another volume.
/// </summary>
/// <remarks>
/// A process is known by two numbers that both sides can see. The agent reads its CPU time from procfs before and after
/// it asks the server for <c>process_cpu_seconds_total</c>, and the same process answers a value between the two. Its
/// start time comes from procfs on both sides, in steps of 10 ms.
/// Example: procfs says 12.34 s before and 12.36 s after, started at 1732180000.17. An answer of 12.35 and
/// 1732180000.17 is the same process. One of 12.35 and 1732180007.52 is another. One of 900.10 and 1732180000.17 proves
/// nothing, and the run continues.
/// </remarks>
internal sealed class ServerIdentity(ProcFileSystem proc)
{
    private const string CpuMetric = "process_cpu_seconds_total";
    private const string StartMetric = "process_start_time_seconds";
    private const double TickSeconds = 0.01;

    private enum Verdict
    {
        Same,
        Unknown,
        Other,
    }

    /// <summary>To be called right before a request that must reach the Prometheus beside us.</summary>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.OtherPrometheus"/>.</exception>
    public async Task RequireAsync(
        PrometheusClient client,
        PrometheusServer server,
        TargetContainer target,
        CancellationToken token)
    {
        if (target.Prometheus is not { } beside)
        {
            return;
        }

        Uri? local = target.CommandLine.LocalUrl(Uri.UriSchemeHttp);
        bool isOurLoopback = server.BaseUrl.IsLoopback && server.BaseUrl.Port == local?.Port;
        if (await CompareAsync(client, server.BaseUrl, beside, isOurLoopback, token) == Verdict.Other)
        {
            throw new OperatorException(
                ExitStatus.OtherPrometheus,
                $"{server.BaseUrl} leads to another Prometheus than the one beside us (PID {beside.Pid}): its start"
                + " time and CPU time differ.",
                "The Service has several replicas, or the URL is another pod's. Address this pod's own:"
                + " --env OSO_SNAPSHOT_URL=http://127.0.0.1:PORT/PREFIX, or leave the variable out to have it found.");
        }
    }

    private async Task<Verdict> CompareAsync(
        PrometheusClient client,
        Uri url,
        ProcessInfo beside,
        bool isOurLoopback,
        CancellationToken token)
    {
        double? before = proc.CpuSeconds(beside.Pid);
        IReadOnlyDictionary<string, double> metrics = await client.MetricsAsync(
            url,
            new HashSet<string> { CpuMetric, StartMetric },
            token);
        double? after = proc.CpuSeconds(beside.Pid);
        if (before is null || after is null
            || !metrics.TryGetValue(CpuMetric, out double cpu) || !metrics.TryGetValue(StartMetric, out double start))
        {
            return Verdict.Unknown;
        }

        bool cpuFits = cpu >= before - TickSeconds && cpu <= after + TickSeconds;

        // The boot time, which is part of both, is in whole seconds and may be rounded the other way.
        double difference = Math.Abs(start - beside.StartSeconds);
        bool startFits = difference < TickSeconds || Math.Abs(difference - 1) < TickSeconds;

        // Young replicas have used much the same CPU time. On our own loopback, though, a runtime that shows containers
        // a boot time of their own is likelier than a stranger.
        return (cpuFits, startFits) switch
        {
            (true, true) => Verdict.Same,
            (false, true) => Verdict.Unknown,
            (true, false) when isOurLoopback => Verdict.Unknown,
            _ => Verdict.Other,
        };
    }
}
