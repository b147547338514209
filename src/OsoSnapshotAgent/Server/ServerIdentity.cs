using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Checks that the server that answers is the local Prometheus. Behind a Service, a new connection may reach another
/// replica, whose snapshot would lie on another volume.
/// </summary>
/// <remarks>
/// Two numbers that both sides can see identify a process. The agent reads the CPU time in procfs before and after it
/// asks the server for <c>process_cpu_seconds_total</c>; the answer of the same process lies between the two. Both
/// sides read the start time from procfs, in steps of 10 ms. Example: procfs says 12.34 s before and 12.36 s after,
/// started at 1732180000.17. An answer of 12.35 and 1732180000.17 is the same process. One of 12.35 and 1732180007.52
/// is another. One of 900.10 and 1732180000.17 proves nothing, and the run continues.
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

    /// <summary>Call this right before a request that must reach the local Prometheus.</summary>
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
                $"{server.BaseUrl} leads to another Prometheus, not to the local one (PID {beside.Pid}): its start time and CPU"
                + " time differ.",
                "The Service has several replicas, or the URL is another pod's. Set --env"
                + " OSO_SNAPSHOT_URL=http://127.0.0.1:PORT/PREFIX, or leave the variable out: the agent then finds the URL.");
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

        // Both times include the boot time, which has whole seconds and may be rounded up or down.
        double difference = Math.Abs(start - beside.StartSeconds);
        bool startFits = difference < TickSeconds || Math.Abs(difference - 1) < TickSeconds;

        // Young replicas may have used the same CPU time. At the pod's own loopback, a wrong start time is more likely
        // from a runtime that shows containers their own boot time.
        return (cpuFits, startFits) switch
        {
            (true, true) => Verdict.Same,
            (false, true) => Verdict.Unknown,
            (true, false) when isOurLoopback => Verdict.Unknown,
            _ => Verdict.Other,
        };
    }
}
