using System.CommandLine;
using System.Diagnostics;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The verbs for pods.</summary>
internal sealed class PodCommands(KubectlOptions kubectl)
{
    /// <summary>A verb's work on one pod.</summary>
    private delegate Task<PodResult> PodWork(KubernetesCluster cluster, PodAccess access, EndSignal signal);

    public Command Take()
    {
        AgentOptions agent = new();
        ReportOptions reports = new();
        TakeCommand take = new();
        StoreOptions store = new();
        MetricsOptions metrics = new();
        return Create(
            new(
                "take",
                "Makes a snapshot, copies and checks it. Without --keep the agent then removes its own files and all snapshots."),
            looksOnly: false,
            new(agent, reports, [.. reports.All, .. take.All, .. store.All, .. metrics.All, .. agent.All]),
            (arguments, pods, report) =>
            {
                TakeOptions options = take.Read(arguments, pods, report.Path);
                BackupPlace place = store.Place(arguments, options.Into ?? options.Output ?? string.Empty);
                return new((cluster, access, signal) => options.Into is not null
                    ? new BackupRun(cluster, access, options, place, signal, TimeProvider.System).RunAsync(signal.Token)
                    : new TakeRun(cluster, access, options, () => Open(place, access.Pod, signal), signal)
                        .RunAsync(signal.Token))
                {
                    Metrics = metrics.Read(arguments, options.Cluster),
                };
            });
    }

    private static ICopyOutput Open(BackupPlace place, string pod, EndSignal signal) => place.IsBucket
        ? S3Output.Open(place, pod, signal.Token)
        : CopyOutput.Open(CopyOutput.FileFor(place.Path.Length == 0 ? null : place.Path, pod));

    public Command Remove()
    {
        AgentOptions agent = new();
        ReportOptions reports = new();
        Option<bool> resident = new("--resident") { Description = "Also end the containers that stay for later runs." };
        return Create(
            new(
                "remove",
                "Has the agent remove its own files and all snapshots from the volume, even while somebody copies them."),
            looksOnly: false,
            new(agent, reports, [.. reports.ForResult, resident, .. agent.WithoutSnapshot]),
            (arguments, _, _) => new((cluster, access, signal) =>
                new RemoveRun(cluster, access, arguments.GetValue(resident)).RunAsync(signal.Token)));
    }

    public Command Cancel()
    {
        ReportOptions reports = new();
        return Create(
            new(
                "cancel",
                "Ends every run in these pods, other people's too. Archives that wait for their copy are deleted."),
            looksOnly: false,
            new(new(), reports, reports.WithoutLog),
            (_, _, _) => new((cluster, access, signal) => new CancelRun(cluster, access).RunAsync(signal.Token)));
    }

    public Command Status()
    {
        AgentOptions agent = new();
        Option<bool> all = new("--all") { Description = "Show all runs that have ended, not only the last one." };
        return Create(
            new("status", "Shows how far the runs in these pods are."),
            looksOnly: true,
            new(agent, new(), [all, .. agent.ForLook]),
            (arguments, _, _) => new((cluster, access, signal) =>
                new StatusRun(cluster, access, PrintableWriter.StandardOutput, arguments.GetValue(all))
                    .RunAsync(signal.Token)));
    }

    public Command List()
    {
        AgentOptions agent = new();
        return Create(
            new("list", "Lists the agent's files and the snapshots on the volumes, with size and age."),
            looksOnly: true,
            new(agent, new(), agent.ForLook),
            (_, _, _) => new((cluster, access, signal) =>
                new ListRun(cluster, access, PrintableWriter.StandardOutput, TimeProvider.System)
                    .RunAsync(signal.Token)));
    }

    public Command Doctor()
    {
        AgentOptions agent = new();
        ReportOptions reports = new();
        Option<bool> inside = new("--inside")
        {
            Description = "Also start one container, which looks at server and volume. It stays listed in the pod.",
        };
        return Create(
            new("doctor", "Checks whether a take can succeed, and changes nothing."),
            looksOnly: false,
            new(agent, reports, [.. reports.WithoutLog, inside, .. agent.All]),
            (arguments, _, report) => new((cluster, access, signal) => new DoctorRun(
                cluster,
                access,
                report.IsJson ? TextWriter.Null : PrintableWriter.StandardOutput,
                arguments.GetValue(inside)).RunAsync(signal.Token)));
    }

    private Command Create(
        Command command,
        bool looksOnly,
        VerbOptions options,
        Func<ParseResult, PodChoice, ReportChoice, PodVerb> read)
    {
        PodOptions pods = new(looksOnly);
        pods.AddTo(command, arguments => PodNames.Find(kubectl.Connection(arguments)));
        foreach (Option option in options.Offered)
        {
            command.Options.Add(option);
        }

        // Scripts of version 0.2.0 may give every verb the same options.
        foreach (Option option in options.Agent.All.Concat(options.Reports.Progress).Except(options.Offered))
        {
            option.Hidden = true;
            command.Options.Add(option);
        }

        command.SetAction(async (arguments, _) =>
        {
            PodChoice choice = pods.Read(arguments);
            ReportChoice report = options.Reports.Read(arguments);
            PodVerb verb = read(arguments, choice, report);
            return await RunAsync(arguments, choice, options.Agent.Read(arguments), report, verb);
        });
        return command;
    }

    private async Task<int> RunAsync(
        ParseResult arguments, PodChoice choice, StartOptions start, ReportChoice report, PodVerb verb)
    {
        GlobalFlags flags = kubectl.Read(arguments);
        using EndSignal signal = new();
        long startedAt = Stopwatch.GetTimestamp();
        await using KubernetesCluster cluster = KubernetesCluster.Create(kubectl.Connection(arguments));
        ChosenPods chosen;
        MetricsReport? metrics;
        IReadOnlyList<PodResult> results;
        await using (ReportFactory reports = new(report, TimeProvider.System))
        {
            PodRunner runner = new(cluster, flags, start, signal, reports.Create);
            (chosen, metrics) = await FindAsync(cluster, choice, verb, flags, signal);
            TakeCommand.RequireDirectory(chosen.Pods.Count, report.Path);
            results = await runner.RunAsync(chosen.Pods, choice, (of, access) => verb.Work(of, access, signal));
        }

        if (metrics is not null)
        {
            await metrics.TellAsync(results, TimeProvider.System.GetUtcNow(), PrintableWriter.StandardError);
        }

        bool isWide = !choice.IsOne || results.Count > 1;
        if (report.IsJson)
        {
            await Console.Out.WriteAsync(string.Concat(results.Select(result => ResultJson.Line(result) + "\n")));
        }
        else if (isWide && arguments.CommandResult.Command.Name is "take" or "remove" or "cancel"
            && !signal.Token.IsCancellationRequested)
        {
            string table = ResultTable.Of(results, chosen.Skipped, Stopwatch.GetElapsedTime(startedAt));
            await PrintableWriter.StandardOutput.WriteAsync(table);
        }

        return signal.Token.IsCancellationRequested && isWide
            ? (int)signal.Status
            : results.Max(result => result.Status);
    }

    private static Task<(ChosenPods Pods, MetricsReport? Metrics)> FindAsync(
        KubernetesCluster cluster, PodChoice choice, PodVerb verb, GlobalFlags flags, EndSignal signal) =>
        AskAsync(
            async () =>
            {
                MetricsReport? metrics = await (verb.Metrics?.OpenAsync(cluster, signal.Token)
                    ?? Task.FromResult<MetricsReport?>(null));
                return (await choice.FindAsync(cluster, flags.Text, signal.Token), metrics);
            },
            flags,
            signal);

    /// <summary>Asks the cluster which pods are meant.</summary>
    /// <exception cref="OperatorException">No pod matches, several do where one is meant, or none can be listed.
    /// </exception>
    internal static async Task<T> AskAsync<T>(Func<Task<T>> ask, GlobalFlags flags, EndSignal signal)
    {
        try
        {
            return await ask();
        }
        catch (ClusterException e)
        {
            throw ClusterErrors.Explain(e, "Pods can't be listed", new(string.Empty, flags.Text));
        }
        catch (OperationCanceledException e)
        {
            throw new OperatorException(
                signal.Status, "Interrupted before the pods were listed.", "run the same command again", e);
        }
    }

    /// <param name="Offered">Those that the verb uses, in the order of the help.</param>
    private sealed record VerbOptions(AgentOptions Agent, ReportOptions Reports, IEnumerable<Option> Offered);

    /// <summary>A verb whose command line was understood.</summary>
    private sealed record PodVerb(PodWork Work)
    {
        /// <summary>Where its metrics go; null for a verb that makes no backup.</summary>
        public MetricsPlaces? Metrics { get; init; }
    }
}
