using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary><c>inspect</c>: looks at everything that a run needs, and changes nothing.</summary>
internal sealed class InspectionRun(
    ProcFileSystem proc,
    TargetFinder finder,
    PrometheusConnector connector,
    PrometheusLocator locator,
    RoomCheck room,
    AgentSettings settings)
{
    private readonly Dictionary<string, string> _problems = [];

    public async Task<Inspection> RunAsync(CancellationToken token)
    {
        Inspection seen = new()
        {
            Version = ProductVersion.Text,
            AgentIdentity = proc.Self().Identity,
            ServerIdentity = Try(() => ServerIdentity(), "serverIdentity"),
        };
        TargetContainer? target = null;
        try
        {
            target = finder.Find();
        }
        catch (OperatorException e)
        {
            _problems["dataDirectory"] = Text(e);
            seen = seen with { NeededIdentity = e.NeededIdentity };
        }

        using (target)
        {
            return target is null ? seen with { Problems = _problems } : await LookAsync(seen, target, token);
        }
    }

    private async Task<Inspection> LookAsync(Inspection seen, TargetContainer target, CancellationToken token)
    {
        DataDirectory data = target.Data;
        PrometheusServer? server = await FindServerAsync(target, token);
        RoomNeeds? needs = Try(() => room.Estimate(data, GzipEngines.Choose(settings.Level)), "neededForArchive");
        FileStatus[]? blocks = Try(
            () => data.Blocks.SelectMany(block => data.FilesBelow(block.Text)).Take(DirectoryTree.MaxSortedNames)
                .Select(item => item.Status!).ToArray(),
            "blockBytes");
        return seen with
        {
            PrometheusVersion = server?.Version,
            IsAdminApiOn = server?.AdminApiEnabled,
            DataDirectory = VolumeSurvey.PathInContainer(data),
            Blocks = Try<long?>(() => data.Blocks.LongCount(), "blocks"),
            BlockBytes = blocks is null ? null : ByteSize.Sum(blocks.Select(file => file.SizeBytes)),
            HeadBytes = Try<long?>(
                () => ByteSize.Sum(data.HeadFiles.Select(item => item.Status!.SizeBytes)),
                "headBytes"),
            FreeBytes = Try<long?>(() => data.Directory.Space().FreeBytes, "freeBytes"),
            RoomBytes = Try<long?>(() => new VolumeRoom(data, settings.Reserve).RoomBytes, "roomBytes"),
            ArchiveBytes = needs?.ArchiveBytes,
            NeededForArchive = needs?.ForArchive,
            NeededForSnapshot = needs?.ForSnapshot,
            Artefacts = Try(() => VolumeSurvey.Of(target), "artefacts"),
            Problems = _problems,
        };
    }

    private string? ServerIdentity() => new ServerProcesses(proc.Processes()) is { All.Length: > 0 } servers
        ? servers.Choose().Identity
        : throw new IOException("no Prometheus process can be seen");

    private async Task<PrometheusServer?> FindServerAsync(TargetContainer target, CancellationToken token)
    {
        try
        {
            using PrometheusClient client = connector.Connect(target);
            return await locator.FindAsync(client, target, token);
        }
        catch (OperatorException e)
        {
            _problems["prometheusVersion"] = Text(e);
            return null;
        }
    }

    private T? Try<T>(Func<T?> look, string name)
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is OperatorException or IOException or UnauthorizedAccessException)
        {
            _problems[name] = e is OperatorException failure ? Text(failure) : Printable.Text(e.Message);
            return default;
        }
    }

    private static string Text(OperatorException failure) =>
        Printable.Text(failure.Message.ReplaceLineEndings(" "));
}
