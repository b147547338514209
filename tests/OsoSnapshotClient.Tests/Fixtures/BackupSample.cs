using System.Security.Cryptography;
using System.Text.Json;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using TsdbGenerator;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>A backup, and in a folder of its own the databases to back up.</summary>
/// <param name="bucket">The backup's place; null for a directory in the folder.</param>
internal sealed class BackupSample(BackupPlace? bucket = null) : IDisposable
{
    public const string Pod = "oso.oso-p-prom-svr-0";
    public const string Snapshot = "20261121T112657Z-0eb533ff8d43ed64";

    public string Folder { get; } = Directory.CreateTempSubdirectory("oso-backup-").FullName;

    public string Backup => PathOf("B");

    public BackupPlace Place => bucket ?? new(Backup);

    /// <summary>The directory's files with their SHA-256, to show that none was touched.</summary>
    public IReadOnlyList<string> Content =>
    [
        .. Directory.GetFiles(Backup, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(
            file => $"{Path.GetRelativePath(Backup, file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];

    public IReadOnlyList<string> Blocks => [.. Directory.GetFiles(Path.Combine(Backup, "blocks"), "*.tar.gz")];

    /// <summary>Whether the agent sends blocks to the bucket itself.</summary>
    public DirectUse Direct { get; set; }

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

    public async Task<BackedUp> BackUpAsync(
        HeldDatabase database, string snapshot = Snapshot, string pod = Pod, int streams = 2, CancellationToken? token = null)
    {
        // Several clients may be at work.
        StringWriter said = new();
        Said = said;
        RunStatus held = new()
        {
            Phase = "hold-for-copy",
            Client = Recorded.Run,
            ElapsedSeconds = 1,
            Snapshot = snapshot,
            Version = ProductVersion.Text,
        };
        PodAccess access = Recorded.Access(database.Exec(held), said);
        CopyOptions options = new()
        {
            Hold = "12h",
            Streams = streams,
            Stall = TimeSpan.FromSeconds(60),
            Pause = TimeSpan.Zero,
            Direct = Direct,
        };
        using IBackupStore store = Place.OpenToAdd(said.WriteLine, token ?? Token);
        PodName name = PodName.TryParse(pod)!;
        using BlocksCarrier carrier = new(store, name, store.OpenNote(name), options, access.Report, TimeProvider.System);
        await using AgentRun run = AgentRun.Follow(new(access, Recorded.Agent), Recorded.Run);
        CarriedCopy copy = await carrier.CarryAsync(run, held, token ?? Token);
        byte[] list = store.Read(copy.Result.File![(store.Path.Length + 1)..], 1 << 24)!;
        return new(copy, JsonSerializer.Deserialize(list, BackupJson.Default.Manifest)!);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>What a run has added to the directory.</summary>
internal sealed record BackedUp(CarriedCopy Copy, Manifest List)
{
    public int? CopiedBlocks => Copy.Result.CopiedBlocks;

    public long? CopiedBytes => Copy.Result.CopiedBytes;

    public OperatorException? Damage => Copy.Damage;
}
