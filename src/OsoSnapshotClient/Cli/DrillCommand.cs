using System.CommandLine;
using System.Security.Cryptography;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Store;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary><c>drill</c>: proves with a throwaway Prometheus that a backup can be restored.</summary>
internal sealed class DrillCommand
{
    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "An archive with its .sha256 beside it, a backup directory, or s3://BUCKET/PREFIX.",
        CustomParser = Values.Path,
    };

    private readonly Option<string> _program = new("--prometheus")
    {
        Description = "The program that the drill starts on loopback (prometheus, as PATH finds it).",
        HelpName = "PATH",
        CustomParser = Values.Path,
    };

    private readonly Option<string> _work = new("--work-dir")
    {
        Description = "Where the drill unpacks the blocks, and deletes them again (the system's place for such files).",
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

    public Command Create()
    {
        Command command = new(
            "drill", "Restores a backup into a throwaway Prometheus, and compares its answers with the blocks.")
        {
            _source, _program, _work, _seed, _pod, _at,
        };
        _store.AddTo(command);
        foreach (Option option in _metrics.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(arguments => LocalCommands.Run(
            token => DrillAsync(arguments, token).GetAwaiter().GetResult()));
        return command;
    }

    private async Task DrillAsync(ParseResult arguments, CancellationToken token)
    {
        BackupPlace place = _store.Place(arguments, arguments.GetRequiredValue(_source));
        Moment moment = new(arguments.GetValue(_pod), arguments.GetValue(_at));
        MetricsPlaces metrics = _metrics.Read(arguments, cluster: null);
        PrintableWriter output = PrintableWriter.StandardOutput;
        PodName? restored = null;
        DrillRun run = new(
            arguments.GetValue(_program) ?? "prometheus",
            arguments.GetValue(_work) ?? Path.GetTempPath(),
            (target, stop) => restored = RestoreCommand.Fill(place, target, moment, output, stop),
            (int)(arguments.GetValue(_seed) ?? RandomNumberGenerator.GetInt32(int.MaxValue)),
            output.WriteLine,
            TimeProvider.System);
        await run.RunAsync(token);
        if (restored?.Pod.Split('.', 2) is [var space, var pod])
        {
            MetricSample sample = PodMetrics.OfDrill(
                new(restored.Cluster, space, pod), TimeProvider.System.GetUtcNow());
            await metrics.TellAsync([sample], NoneAsync, PrintableWriter.StandardError);
        }
    }

    // Only a take knows which pods exist.
    private static Task<IReadOnlySet<PodLabels>> NoneAsync(IEnumerable<PodLabels> pods) =>
        Task.FromResult<IReadOnlySet<PodLabels>>(new HashSet<PodLabels>());
}
