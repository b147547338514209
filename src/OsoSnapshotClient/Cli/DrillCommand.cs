using System.CommandLine;
using System.Security.Cryptography;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary><c>drill</c>: proves with a throwaway Prometheus that a backup can be restored.</summary>
internal sealed class DrillCommand(KubectlOptions kubectl)
{
    private const string DefaultMemory = "4Gi";

    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "An archive with its .sha256 beside it, a backup directory, or s3://BUCKET/PREFIX."
            + " In the cluster also a directory of blocks.",
        CustomParser = Values.Path,
    };

    private readonly Option<string> _like = new("--like")
    {
        Description = "Drill in the cluster: in a throwaway pod with the image and the user of this pod's Prometheus.",
        HelpName = "POD",
        CustomParser = Values.One(text => WorkloadName.TryParse(text) is null ? null : text, "the name of a pod"),
    };

    private readonly Option<string> _prometheusImage = new("--prometheus-image")
    {
        Description = "Drill in the cluster, with this image of Prometheus.",
        HelpName = "IMAGE",
        CustomParser = Values.Text,
    };

    private readonly Option<string> _program = new("--prometheus")
    {
        Description = "The program that the drill starts on loopback (prometheus, as PATH finds it). In the cluster,"
            + " its path in the image (what the image starts).",
        HelpName = "PATH",
        CustomParser = Values.Path,
    };

    private readonly Option<string> _memory = new("--memory")
    {
        Description = $"In the cluster: the memory that Prometheus may use ({DefaultMemory}).",
        HelpName = "QUANTITY",
        CustomParser = Values.One(
            text => DrillPod.IsMemory(text) ? text : null,
            $"a number of Mi or Gi, {DrillPod.MinMemoryMebibytes}Mi at least, as in {DefaultMemory}"),
    };

    private readonly Option<string> _work = new("--work-dir")
    {
        Description = "Where the drill unpacks the blocks, in the cluster only their indexes, and deletes them again"
            + " (the system's place for such files).",
        HelpName = "DIR",
        CustomParser = Values.Path,
    };

    private readonly Option<long?> _seed = new("--seed")
    {
        HelpName = "N",
        Description = "Chooses the metrics whose series are counted (a new one each time).",
        CustomParser = Values.Number(min: 0, max: int.MaxValue),
    };

    private readonly Option<string> _pod = LocalCommands.Pod();
    private readonly Option<string> _at = LocalCommands.At();
    private readonly StoreOptions _store = new();
    private readonly MetricsOptions _metrics = new();
    private readonly AgentOptions _agent = new();
    private readonly ReportOptions _reports = new();

    public Command Create()
    {
        Command command = new(
            "drill", "Restores a backup into a throwaway Prometheus, and compares its answers with the blocks.")
        {
            _source, _like, _prometheusImage, _program, _memory, _work, _seed, _pod, _at,
        };
        foreach (Option option in _store.All.Concat(_metrics.All).Concat(_agent.ForDrill).Concat(_reports.Progress))
        {
            command.Options.Add(option);
        }

        command.SetAction(async (arguments, _) => IsInCluster(arguments)
            ? await DrillInClusterAsync(arguments)
            : LocalCommands.Run(token => DrillHereAsync(arguments, token).GetAwaiter().GetResult()));
        return command;
    }

    private bool IsInCluster(ParseResult arguments) =>
        (arguments.GetValue(_like) ?? arguments.GetValue(_prometheusImage)) is not null;

    private async Task DrillHereAsync(ParseResult arguments, CancellationToken token)
    {
        foreach (Option option in _agent.ForDrill.Concat(_reports.Progress).Append(_memory))
        {
            if (arguments.GetResult(option) is { Implicit: false })
            {
                throw Wrong($"{option.Name} needs --like POD or --prometheus-image IMAGE.", "leave it out, or add one");
            }
        }

        BackupPlace place = _store.Place(arguments, arguments.GetRequiredValue(_source));
        MetricsPlaces metrics = _metrics.Read(arguments, cluster: null);
        PrintableWriter output = PrintableWriter.StandardOutput;
        PodName? restored = null;
        DrillRun run = new(
            arguments.GetValue(_program) ?? "prometheus",
            WorkDirectory(arguments),
            (target, stop) => restored = RestoreCommand.Fill(place, target, MomentOf(arguments), output, stop),
            Seed(arguments),
            output.WriteLine,
            TimeProvider.System);
        await run.RunAsync(token);
        await TellAsync(metrics, restored);
    }

    private async Task<int> DrillInClusterAsync(ParseResult arguments)
    {
        BackupPlace place = _store.Place(arguments, arguments.GetRequiredValue(_source));
        MetricsPlaces metrics = _metrics.Read(arguments, cluster: null);
        ReportChoice report = _reports.Read(arguments);
        StartOptions start = _agent.Read(arguments);
        GlobalFlags flags = kubectl.Read(arguments);
        using EndSignal signal = new();
        await using KubernetesCluster cluster = KubernetesCluster.Create(kubectl.Connection(arguments));
        DrillPod pod = PodOf(arguments, await ReadLikeAsync(arguments, cluster, flags, signal), start);
        (PodName? restored, bool isProven) = (null, false);
        IReadOnlyList<PodResult> results;
        await using (ReportFactory reports = new(report, TimeProvider.System))
        {
            PodRunner runner = new(
                cluster, flags, start with { Target = DrillPod.Container }, signal, reports.Create);
            results = await runner.RunAsync(
                [new(cluster.Namespace, pod.Name)],
                new() { Named = pod.Name, Parallel = 1 },
                async (of, access) =>
                {
                    PodResult result = await new PodDrill(of, access, pod, OptionsOf(arguments), () =>
                    {
                        IBlockSource source = RestoreCommand.Open(
                            place, MomentOf(arguments), DirectUse.No, access.Report, signal.Token);
                        restored = (source as BackupBlocks)?.Pod;
                        return source;
                    }).RunAsync(signal.Token);
                    isProven = true;
                    return result;
                });
        }

        if (isProven)
        {
            await TellAsync(metrics, restored);
        }

        return results[0].Status;
    }

    private DrillPod PodOf(ParseResult arguments, V1Pod? like, StartOptions start) => DrillPod.Of(
        like,
        arguments.GetValue(_prometheusImage),
        arguments.GetValue(_program),
        start,
        arguments.GetValue(_memory) ?? DefaultMemory);

    private PodDrillOptions OptionsOf(ParseResult arguments) => new()
    {
        Parent = WorkDirectory(arguments),
        Seed = Seed(arguments),
        Copy = TakeCommand.Copy(hold: null, streams: null),
    };

    /// <returns>The pod of <c>--like</c>, of a workload its first; null if none is named.</returns>
    private async Task<V1Pod?> ReadLikeAsync(
        ParseResult arguments, KubernetesCluster cluster, GlobalFlags flags, EndSignal signal)
    {
        if (arguments.GetValue(_like) is not { } named)
        {
            return null;
        }

        PodChoice choice = new() { Named = named, Parallel = 1 };
        ChosenPods chosen = await PodCommands.AskAsync(
            () => choice.FindAsync(cluster, flags.Text, signal.Token), flags, signal);
        string pod = chosen.Pods[0].Name;
        try
        {
            return await cluster.ReadPodAsync(pod, signal.Token);
        }
        catch (ClusterException e)
        {
            throw ClusterErrors.Explain(e, $"Pod {pod} can't be read", new(pod, flags.Text));
        }
        catch (OperationCanceledException e)
        {
            throw new OperatorException(
                signal.Status, "Interrupted before anything was made.", "run the same command again", e);
        }
    }

    private static async Task TellAsync(MetricsPlaces metrics, PodName? restored)
    {
        if (restored?.Pod.Split('.', 2) is [var space, var pod])
        {
            MetricSample sample = PodMetrics.OfDrill(
                new(restored.Cluster, space, pod), TimeProvider.System.GetUtcNow());
            await metrics.TellAsync([sample], NoneAsync, PrintableWriter.StandardError);
        }
    }

    private Moment MomentOf(ParseResult arguments) => new(arguments.GetValue(_pod), arguments.GetValue(_at));

    private string WorkDirectory(ParseResult arguments) => arguments.GetValue(_work) ?? Path.GetTempPath();

    private int Seed(ParseResult arguments) =>
        (int)(arguments.GetValue(_seed) ?? RandomNumberGenerator.GetInt32(int.MaxValue));

    // Only a take knows which pods exist.
    private static Task<IReadOnlySet<PodLabels>> NoneAsync(IEnumerable<PodLabels> pods) =>
        Task.FromResult<IReadOnlySet<PodLabels>>(new HashSet<PodLabels>());

    private static OperatorException Wrong(string problem, string remedy) => new(ExitStatus.Settings, problem, remedy);
}
