using System.Security.Cryptography;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Backups;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Verbs;
using OsoSnapshotCore.Protocol;
using TsdbGenerator;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>A backup directory in a folder of its own, and the databases to back up.</summary>
internal sealed class BackupSample : IDisposable
{
    public const string Pod = "oso.oso-p-prom-svr-0";
    public const string Snapshot = "20261121T112657Z-0eb533ff8d43ed64";

    public string Folder { get; } = Directory.CreateTempSubdirectory("oso-backup-").FullName;

    public string Backup => PathOf("B");

    /// <summary>The directory's files with their SHA-256, to show that none was touched.</summary>
    public IReadOnlyList<string> Content =>
    [
        .. Directory.GetFiles(Backup, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(
            file => $"{Path.GetRelativePath(Backup, file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];

    public IReadOnlyList<string> Blocks => [.. Directory.GetFiles(Path.Combine(Backup, "blocks"), "*.tar.gz")];

    /// <summary>The messages of the last run.</summary>
    public StringWriter Said { get; private set; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public string PathOf(string name) => Path.Combine(Folder, name);

    public string ListOf(string snapshot, string pod = Pod) => Path.Combine(Backup, "snapshots", pod, snapshot + ".json");

    /// <summary>
    /// Makes blocks of two hours in a directory of the folder. The same arguments give the same blocks.
    /// </summary>
    public HeldDatabase Database(string name, int blocks = 2, ulong seed = 1)
    {
        BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = PathOf(name),
            BlockCount = blocks,
            SizeBytes = blocks * 200_000,
            Seed = seed,
        });
        return new(PathOf(name));
    }

    public async Task<BackupOutcome> BackUpAsync(
        HeldDatabase database, string snapshot = Snapshot, string pod = Pod, int streams = 2)
    {
        Said = new();
        RecordedKubectl kubectl = database.Kubectl();
        await using PodWatch watch = new(kubectl, Recorded.Pod);
        AgentContainer agent = new(Recorded.Access(kubectl, Said), watch, Recorded.Agent, string.Empty);
        TakeOptions take = new()
        {
            Hold = "12h",
            Copy = new()
            {
                ChunkBytes = 1,
                Streams = streams,
                Stall = TimeSpan.FromSeconds(60),
                Pause = TimeSpan.Zero,
            },
        };
        using BackupDirectory directory = BackupDirectory.OpenToAdd(Backup, Said.WriteLine, Token);
        PodName name = PodName.TryParse(pod)!;
        RunStatus status = new() { Phase = "hold-for-copy", ElapsedSeconds = 1, Snapshot = snapshot, Version = "0.1.0" };
        return await new BackupSession(agent, directory, name, take, TimeProvider.System).RunAsync(status, Token);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
