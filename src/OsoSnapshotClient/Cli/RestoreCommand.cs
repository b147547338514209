using System.CommandLine;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Display;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary><c>restore</c>: into an empty directory, or with --into into a running Prometheus.</summary>
internal sealed class RestoreCommand(KubectlOptions kubectl)
{
    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "An archive with its .sha256 beside it, a backup directory, or s3://BUCKET/PREFIX."
            + " With --into also a directory of blocks.",
        CustomParser = Values.Path,
    };

    private readonly Argument<string?> _directory = new("DIRECTORY")
    {
        Description = "An empty directory; created if missing. Not with --into.",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = Values.Path,
    };

    private readonly Option<string> _into = new("--into")
    {
        Description = "A pod, whose running Prometheus gets the blocks that it lacks. Nothing is restarted.",
        HelpName = "POD",
        CustomParser = Values.One(text => WorkloadName.TryParse(text) is null ? null : text, "the name of a pod"),
    };

    private readonly Option<FileOwner> _owner = new("--owner")
    {
        HelpName = "UID:GID",
        Description = "The owner of the files in DIRECTORY, as UID:GID.",
        CustomParser = OperatingSystem.IsLinux()
            ? Values.One(FileOwner.TryParse, "two numbers, as in 65534:65534")
            : Values.One<FileOwner>(_ => null, "left out on this system: only Linux can give files away safely"),
    };

    private readonly Option<string> _pod = LocalCommands.Pod();

    private readonly Option<string> _at = LocalCommands.At();

    private readonly Option<bool> _leaveOutExpired = new("--leave-out-expired")
    {
        Description = "With --into: leave out blocks that the server's retention would delete.",
    };

    private readonly Option<bool> _leaveOutOverlap = new("--leave-out-overlap")
    {
        Description = "With --into: leave out blocks that reach into the server's own newest samples.",
    };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "With --into: say which blocks would be restored, and write nothing.",
    };

    private readonly DirectOptions _direct = new(
        "With --into, from s3://…: the agent fetches the blocks from the bucket itself. Where the pod can't reach it, they"
        + " go through this machine.");

    private readonly StoreOptions _store = new();
    private readonly AgentOptions _agent = new();
    private readonly ReportOptions _reports = new();

    public Command Create()
    {
        Command command = new(
            "restore",
            "Checks a backup, and makes a data directory for Prometheus from it, or gives a running Prometheus its blocks.")
        {
            _source, _directory, _into, _owner, _pod, _at, _leaveOutExpired, _leaveOutOverlap, _dryRun,
        };
        foreach (Option option in (Option[])
            [.. _direct.All, .. _store.All, .. _reports.Progress, .. _agent.WithoutSnapshot])
        {
            command.Options.Add(option);
        }

        command.SetAction(async (arguments, _) => arguments.GetValue(_into) is { } pod
            ? await RestoreLiveAsync(arguments, pod)
            : LocalCommands.Run(token => Restore(arguments, token)));
        return command;
    }

    private void Restore(ParseResult arguments, CancellationToken token)
    {
        BackupPlace source = _store.Place(arguments, arguments.GetRequiredValue(_source));
        string directory = arguments.GetValue(_directory) ?? throw Wrong(
            "restore needs a DIRECTORY, or --into POD.", "name an empty directory, or the pod of a running Prometheus");
        Option[] live = [_leaveOutExpired, _leaveOutOverlap, _dryRun, .. _direct.All, .. _reports.Progress];
        foreach (Option option in live.Concat(_agent.WithoutSnapshot))
        {
            if (arguments.GetResult(option) is { Implicit: false })
            {
                throw Wrong($"{option.Name} needs --into POD.", "leave it out");
            }
        }

        PrintableWriter output = PrintableWriter.StandardOutput;
        RestoreTarget target = new(directory, arguments.GetValue(_owner), output, TimeProvider.System);
        Fill(source, target, new(arguments.GetValue(_pod), arguments.GetValue(_at)), output, token);
    }

    /// <summary>Restores an archive, or a snapshot of a backup, into a directory.</summary>
    /// <param name="moment">Which snapshot of a backup.</param>
    /// <returns>Whose snapshot it is; null for an archive.</returns>
    internal static PodName? Fill(
        BackupPlace source, RestoreTarget target, Moment moment, TextWriter output, CancellationToken token)
    {
        if (source.IsBackup)
        {
            BackupRestore restore = new(source, moment.Pod, moment.At, target, output);
            restore.Run(token);
            return restore.Pod;
        }

        moment.RequireNone(source);
        new RestoreRun(source.Path, target, output).Run(token);
        return null;
    }

    private async Task<int> RestoreLiveAsync(ParseResult arguments, string pod)
    {
        BackupPlace place = _store.Place(arguments, arguments.GetRequiredValue(_source));
        if (arguments.GetValue(_directory) is not null || arguments.GetValue(_owner) is not null)
        {
            throw Wrong("DIRECTORY and --owner don't go with --into POD.", "leave them out, or leave out --into");
        }

        LiveRestoreOptions options = Options(arguments, place);
        ReportChoice report = _reports.Read(arguments);
        StartOptions start = _agent.Read(arguments);
        using EndSignal signal = new();
        await using KubernetesCluster cluster = KubernetesCluster.Create(kubectl.Connection(arguments));
        await using ReportFactory reports = new(report, TimeProvider.System);
        GlobalFlags flags = kubectl.Read(arguments);
        PodRunner runner = new(cluster, flags, start, signal, reports.Create);
        PodChoice choice = new() { Named = pod, Parallel = 1 };
        ChosenPods chosen = await PodCommands.AskAsync(
            () => choice.FindAsync(cluster, flags.Text, signal.Token), flags, signal);
        if (chosen.Pods is not [var only])
        {
            throw Wrong($"{pod} has {chosen.Pods.Count} pods.", "name one pod: each has its own history");
        }

        IReadOnlyList<PodResult> results = await runner.RunAsync([only], choice, (of, access) => new LiveRestore(
            of,
            access,
            options,
            () => Open(
                place,
                new(arguments.GetValue(_pod), arguments.GetValue(_at)),
                options.Copy.Direct,
                access.Report,
                signal.Token)).RunAsync(signal.Token));
        return results[0].Status;
    }

    private LiveRestoreOptions Options(ParseResult arguments, BackupPlace place) => new()
    {
        LeavesOutExpired = arguments.GetValue(_leaveOutExpired),
        LeavesOutOverlap = arguments.GetValue(_leaveOutOverlap),
        IsDryRun = arguments.GetValue(_dryRun),
        Copy = TakeCommand.Copy(hold: null, streams: null) with
        {
            Direct = _direct.Read(
                arguments,
                place.IsBucket,
                "--direct needs s3://BUCKET/PREFIX as SOURCE: the agent fetches blocks from nothing else."),
        },
    };

    /// <summary>Opens the blocks of an archive, of a directory, or of a snapshot of a backup.</summary>
    /// <param name="moment">Which snapshot of a backup.</param>
    /// <param name="direct">Whether the agent fetches the blocks of a bucket itself.</param>
    internal static IBlockSource Open(
        BackupPlace place,
        Moment moment,
        DirectUse direct,
        IPodReport report,
        CancellationToken token)
    {
        if (place.IsBackup)
        {
            return BackupBlocks.Open(place, moment, direct, report, token);
        }

        moment.RequireNone(place);
        return DirectoryHandle.Exists(place.Path)
            ? DirectoryBlocks.Open(place.Path)
            : ArchiveBlocks.Open(place.Path, report.Say, token);
    }

    private static OperatorException Wrong(string problem, string remedy) => new(ExitStatus.Settings, problem, remedy);
}
