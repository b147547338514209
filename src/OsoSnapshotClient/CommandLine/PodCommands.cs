using System.CommandLine;
using System.Diagnostics;
using OsoSnapshotClient.Backups;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Verbs;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.CommandLine;

/// <summary>The verbs for pods.</summary>
internal sealed class PodCommands(KubectlOptions kubectl)
{
    /// <summary>A verb's work on one pod.</summary>
    private delegate Task<PodResult> PodWork(PodAccess access, EndSignal signal);

    public Command Take()
    {
        AgentOptions agent = new();
        TakeCommand take = new();
        return Create(
            new(
                "take",
                "Makes a snapshot, copies and checks it. Without --keep the agent then removes its own files and all snapshots."),
            mayBeAll: false,
            agent,
            take.All,
            (arguments, pods, output) =>
            {
                TakeOptions options = take.Read(arguments, pods, output);
                return (access, signal) => options.Into is null
                    ? new TakeRun(access, options, signal, TimeProvider.System).RunAsync(signal.Token)
                    : new BackupRun(access, options, signal, TimeProvider.System).RunAsync(signal.Token);
            });
    }

    public Command Remove()
    {
        Option<bool> resident = new("--resident") { Description = "Also end the containers that stay for later runs." };
        return Create(
            new("remove", "Has the agent remove its own files and all snapshots from the volume."),
            mayBeAll: false,
            new(),
            [resident],
            (arguments, _, _) => (access, signal) =>
                new RemoveRun(access, arguments.GetValue(resident), TimeProvider.System).RunAsync(signal.Token));
    }

    public Command Cancel() => Create(
        new("cancel", "Ends the runs in these pods. The agent removes what it has made."),
        mayBeAll: false,
        new(),
        [],
        (_, _, _) => (access, signal) => new CancelRun(access).RunAsync(signal.Token));

    public Command Status()
    {
        Option<bool> all = new("--all") { Description = "Show all runs that have ended, not only the last one." };
        return Create(
            new("status", "Shows how far the runs in these pods are."),
            mayBeAll: false,
            new(),
            [all],
            (arguments, _, _) => (access, signal) =>
                new StatusRun(access, PrintableWriter.StandardOutput, arguments.GetValue(all)).RunAsync(signal.Token));
    }

    public Command List() => Create(
        new("list", "Lists the agent's files and the snapshots on the volumes, with size and age."),
        mayBeAll: true,
        new(),
        [],
        (_, pods, _) => (access, signal) =>
            new ListRun(access, PrintableWriter.StandardOutput, pods.Pod is null, TimeProvider.System)
                .RunAsync(signal.Token));

    private Command Create(
        Command command,
        bool mayBeAll,
        AgentOptions agent,
        IEnumerable<Option> own,
        Func<ParseResult, PodChoice, string?, PodWork> read)
    {
        PodOptions pods = new(mayBeAll);
        ReportOptions reports = new();
        pods.AddTo(command);
        foreach (Option option in reports.All.Concat(own).Concat(agent.All))
        {
            command.Options.Add(option);
        }

        command.SetAction(async (arguments, _) =>
        {
            PodChoice choice = pods.Read(arguments);
            ReportChoice report = reports.Read(arguments);
            PodWork work = read(arguments, choice, report.Path);
            return await RunAsync(arguments, choice, agent.Read(arguments), report, work);
        });
        return command;
    }

    private async Task<int> RunAsync(
        ParseResult arguments, PodChoice pods, StartOptions start, ReportChoice report, PodWork work)
    {
        GlobalFlags flags = kubectl.Read(arguments);
        string program = Environment.GetEnvironmentVariable("KUBECTL") is { Length: > 0 } path ? path : "kubectl";
        using EndSignal signal = new();
        long startedAt = Stopwatch.GetTimestamp();
        IReadOnlyList<PodResult> results;
        await using (ReportFactory reports = new(report, TimeProvider.System))
        {
            PodRunner runner = new(
                new KubectlProgram(program, flags.Arguments), flags, start, signal, reports.Create);
            results = pods.Pod is { } one
                ? [await runner.RunOneAsync(one, string.Empty, access => work(access, signal))]
                : await runner.RunManyAsync(pods.Selector, pods.Parallel, access => work(access, signal));
        }

        if (report.MetricsFile is { } metrics)
        {
            MetricsFile.Write(metrics, results, TimeProvider.System.GetUtcNow());
        }

        if (report.IsJson)
        {
            await Console.Out.WriteAsync(string.Concat(results.Select(result => ResultJson.Line(result) + "\n")));
        }
        else if (pods.Pod is null && arguments.CommandResult.Command.Name is "take" or "remove" or "cancel"
            && !signal.Token.IsCancellationRequested)
        {
            string table = PodRunner.Table(results, Stopwatch.GetElapsedTime(startedAt));
            await PrintableWriter.StandardOutput.WriteAsync(table);
        }

        return signal.Token.IsCancellationRequested && pods.Pod is null
            ? (int)signal.Status
            : results.Max(result => result.Status);
    }
}
