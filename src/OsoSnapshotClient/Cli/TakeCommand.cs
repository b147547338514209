using System.CommandLine;
using System.Globalization;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The options that only <c>take</c> has.</summary>
internal sealed class TakeCommand
{
    private const int DefaultStreams = 4;

    // While one block is sent, the next is compressed. More would be less polite to Prometheus than an archive is.
    private const int DirectStreams = 2;
    private const int MaxStreams = 32;
    private const double MaxWaitSeconds = 86_400;
    private static readonly string[] WholeSnapshot = ["--since", "--until"];

    private readonly Option<bool> _keep = new("--keep")
    {
        Description = "Leave the archive and the snapshot on the volume.",
    };

    private readonly Option<bool> _stream = new("--stream")
    {
        Description = "Write no archive on the volume, only Prometheus' own snapshot. A broken connection can't be"
            + " resumed.",
    };

    private readonly Option<bool> _restart = new("--restart")
    {
        Description = "Give up an interrupted run that was started with other options.",
    };

    private readonly Option<bool> _reuse = new("--reuse")
    {
        Description = "Copy the archive that a run has left on the volume, if it is complete, instead of making one.",
    };

    private readonly Option<bool> _skipExisting = new("--skip-existing")
    {
        Description = "Leave out a pod whose archive lies in the output already, with a .sha256 file that fits.",
    };

    private readonly Option<bool> _resident = new("--resident")
    {
        Description = "Use a container that stays for later runs. Otherwise each run leaves an ended one in the pod's"
            + " list.",
    };

    private readonly Option<string> _hold = new("--hold")
    {
        HelpName = "TIME|forever",
        Description = "How long the container waits for the copy at most (12h).",
        CustomParser = Values.One(
            text => text == "forever" || Durations.TryParse(text, out _) ? text : null,
            $"{Durations.Rule}, or 0, or forever"),
    };

    private readonly Option<long?> _streams = new("--streams")
    {
        HelpName = "N",
        Description = $"With --into: how many blocks are copied at a time ({DefaultStreams}, or {DirectStreams} with"
            + " --direct).",
        CustomParser = Values.Number(min: 1, max: int.MaxValue),
    };

    private readonly Option<string> _into = new("--into")
    {
        HelpName = "DIR",
        Description = "A backup directory, or s3://BUCKET/PREFIX: only the blocks that it lacks are copied, and no"
            + " archive is made.",
        CustomParser = Values.Path,
    };

    private readonly DirectOptions _direct = new(
        "With --into s3://…: the agent sends the blocks to the bucket itself. Where the pod can't reach it, they go through"
        + " this machine.");

    private readonly Option<string> _cluster = new("--cluster")
    {
        HelpName = "NAME",
        Description = "The cluster's name in a backup directory and in metrics (the UID of its namespace kube-system)."
            + " Elsewhere this is kubectl's flag: choose a cluster with --context.",
        CustomParser = Values.One(text => ClusterName.IsValid(text) ? text : null, ClusterName.Rule),
    };

    public IEnumerable<Option> All =>
    [
        _into, .. _direct.All, _cluster, _keep, _stream, _restart, _reuse, _skipExisting, _resident, _hold,
        _streams,
    ];

    /// <exception cref="OperatorException">A value is wrong.</exception>
    public TakeOptions Read(ParseResult arguments, PodChoice pods, string? output)
    {
        RefuseTogether(arguments, output);
        RequireDirectory(pods.IsOne ? 1 : 2, output);
        DirectUse direct = _direct.Read(
            arguments,
            S3Address.IsOne(arguments.GetValue(_into) ?? string.Empty),
            "--direct needs --into s3://BUCKET/PREFIX: the agent sends blocks to nothing else.");
        long streams = arguments.GetValue(_streams) ?? (direct == DirectUse.No ? DefaultStreams : DirectStreams);
        return new()
        {
            Output = output,
            Into = arguments.GetValue(_into),
            Cluster = arguments.GetValue(_cluster),
            IsKept = arguments.GetValue(_keep),
            IsStream = arguments.GetValue(_stream),
            SkipsExisting = arguments.GetValue(_skipExisting),
            IsReuse = arguments.GetValue(_reuse),
            IsResident = arguments.GetValue(_resident),
            IsRestart = arguments.GetValue(_restart),
            Copy = Copy(arguments.GetValue(_hold), streams) with { Direct = direct },
        };
    }

    /// <summary>Refuses one file for several pods.</summary>
    /// <exception cref="OperatorException">The output is no directory.</exception>
    public static void RequireDirectory(int pods, string? output)
    {
        if (pods == 1 || output is null)
        {
            return;
        }

        bool isBucket = S3Address.IsOne(output);
        if (isBucket ? !S3Address.Parse(output).IsFolder : !CopyOutput.IsDirectory(output))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"{Printable.Short(output)} is not a directory: each pod has a file of its own.",
                isBucket ? "end the address with a slash" : $"mkdir {output}");
        }
    }

    private void RefuseTogether(ParseResult arguments, string? output)
    {
        bool isFile = output is null || (output != "-" && !S3Address.IsOne(output));
        if (arguments.GetValue(_skipExisting) && (!isFile || arguments.GetValue(_into) is not null))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                "--skip-existing needs a file or a directory as -o.",
                "leave it out: --into never copies a block twice, and standard output has nothing to skip");
        }

        if (arguments.GetValue(_reuse) && arguments.GetValue(_stream))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                "--reuse and --stream exclude each other: --stream leaves no archive on the volume.",
                "leave one of them out");
        }

        string? other = arguments switch
        {
            _ when arguments.GetValue(_into) is null => null,
            _ when output is not null => "-o",
            _ when arguments.GetValue(_stream) => _stream.Name,
            _ when Array.Find(WholeSnapshot, one => arguments.GetResult(one) is not null) is { } range => range,
            _ => null,
        };
        if (other is not null)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"--into and {other} exclude each other: a backup directory holds all blocks of a snapshot.",
                "leave one of them out");
        }
    }

    /// <param name="hold">null for the default.</param>
    /// <param name="streams">null for the default.</param>
    public static CopyOptions Copy(string? hold, long? streams) => new()
    {
        Hold = hold ?? "12h",
        Streams = (int)Math.Min(streams ?? DefaultStreams, MaxStreams),
        Stall = Seconds("OSO_PLUGIN_STALL_SECONDS", 60),
        Pause = Seconds("OSO_PLUGIN_PAUSE_SECONDS", 1),
    };

    // Tests shorten these waits.
    private static TimeSpan Seconds(string variable, double otherwise) => TimeSpan.FromSeconds(
        double.TryParse(
            Environment.GetEnvironmentVariable(variable),
            NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out double seconds) && seconds is >= 0 and <= MaxWaitSeconds
            ? seconds
            : otherwise);
}
