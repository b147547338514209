using System.Globalization;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>A backed up snapshot, as the name of its list tells it.</summary>
/// <param name="Time">When Prometheus made the snapshot, by Prometheus' clock.</param>
internal record BackedUpSnapshot(PodName Pod, SnapshotName Name, DateTimeOffset Time)
{
    /// <summary>The list's name in the store.</summary>
    public string ListName => ManifestStore.NameOf(Pod, Name);

    /// <summary>The name of the file that protects the snapshot.</summary>
    public string ProtectionName => $"{Pod.Folder}/{Name.Text}{Protection.Extension}";

    /// <summary>Whether that file was there when the lists were found.</summary>
    public bool IsProtected { get; init; }

    /// <summary>The size of the list.</summary>
    public long ListBytes { get; init; }

    public sealed override string ToString() => $"{Pod}/{Name}";
}

/// <summary>A list that was read and checked.</summary>
/// <param name="Path">The list's path, for messages.</param>
/// <param name="Blocks">The list's blocks by name.</param>
internal sealed record ListedSnapshot(
    PodName Pod,
    SnapshotName Name,
    DateTimeOffset Time,
    Manifest List,
    string Path,
    IReadOnlyDictionary<BlockName, BackupBlock> Blocks) : BackedUpSnapshot(Pod, Name, Time);

/// <summary>
/// Reads the lists of a backup, one at a time: their number takes no memory. Every value is checked before it
/// is used.
/// </summary>
internal static class ManifestStore
{
    public const string Extension = ".json";

    /// <summary>
    /// The problems that a list holds beside one of each block. A reader accepts the size of such a list.
    /// </summary>
    public const int MaxProblems = 1_000;

    // A list with the maximum number of blocks is smaller: 550 bytes a block, and 32 names and values.
    private const int MaxListBytes = 8 * 1024 * 1024;
    private const int MaxJsonTokens = 330_000;
    private const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";

    public static string NameOf(PodName pod, SnapshotName snapshot) => $"{pod.Folder}/{snapshot.Text}{Extension}";

    /// <returns>The sound lists, by pod and time.</returns>
    /// <param name="damaged">Gets an exception for each damaged list, with its path.</param>
    public static IEnumerable<ListedSnapshot> Read(IBackupStore store, Action<OperatorException> damaged) =>
        Read(store, Find(store, damaged), damaged);

    /// <inheritdoc cref="Read(IBackupStore, Action{OperatorException})"/>
    public static IEnumerable<ListedSnapshot> Read(
        IBackupStore store, PodName pod, Action<OperatorException> damaged) =>
        Read(store, Find(store, pod, damaged), damaged);

    /// <summary>Finds the lists of all pods, and reads none.</summary>
    /// <inheritdoc cref="Read(IBackupStore, Action{OperatorException})" path="/param"/>
    /// <returns>The snapshots, by pod and time.</returns>
    public static IEnumerable<BackedUpSnapshot> Find(IBackupStore store, Action<OperatorException> damaged) =>
        Pods(store, damaged).SelectMany(pod => Find(store, pod, damaged));

    /// <summary>Finds the pods that have a folder of lists.</summary>
    /// <inheritdoc cref="Read(IBackupStore, Action{OperatorException})" path="/param"/>
    /// <returns>The pods of unnamed clusters first.</returns>
    public static IEnumerable<PodName> Pods(IBackupStore store, Action<OperatorException> damaged)
    {
        string[] names = [.. store.Folders(BackupLayout.Snapshots).Order(StringComparer.Ordinal)];
        IEnumerable<string> inClusters = names.Where(ClusterName.IsValid).SelectMany(
            cluster => (Try(() => store.Folders($"{BackupLayout.Snapshots}/{cluster}").ToArray(), damaged) ?? [])
                .Order(StringComparer.Ordinal).Select(pod => $"{cluster}/{pod}"));
        return names.Where(name => !ClusterName.IsValid(name)).Concat(inClusters)
            .Select(name => Try(() => PodOf(store, name), damaged)).OfType<PodName>();
    }

    /// <returns>When Prometheus made the snapshot; null if the name holds no time.</returns>
    public static DateTimeOffset? TimeOf(SnapshotName name) => DateTimeOffset.TryParseExact(
        name.Text.AsSpan(0, name.Text.IndexOf('-', StringComparison.Ordinal)),
        StampFormat,
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal,
        out DateTimeOffset time)
        ? time
        : null;

    private static IEnumerable<ListedSnapshot> Read(
        IBackupStore store, IEnumerable<BackedUpSnapshot> found, Action<OperatorException> damaged) =>
        (store.MaxReads == 1
            ? found.Select<BackedUpSnapshot, Func<ListedSnapshot?>>(one => () => ReadOne(store, one))
            : new ReadAhead(store.MaxReads, MaxListBytes).Run(found, one => one.ListBytes, one => ReadOne(store, one)))
        .Select(read => Try(read, damaged)).OfType<ListedSnapshot>();

    private static PodName PodOf(IBackupStore store, string name) =>
        PodName.TryParse(name) ?? throw BackupDamage.Damaged(
            $"{Printable.Text(store.PathOf($"{BackupLayout.Snapshots}/{name}"))} is not a pod's directory of lists.",
            "move it elsewhere");

    private static IEnumerable<BackedUpSnapshot> Find(
        IBackupStore store, PodName pod, Action<OperatorException> damaged)
    {
        Dictionary<string, StoredFile> files =
            Try(() => store.Files(pod.Folder).ToDictionary(file => file.Name, StringComparer.Ordinal), damaged) ?? [];
        return from file in files.Keys
               where file.EndsWith(Extension, StringComparison.Ordinal)
               let snapshot = Try(() => Parse(store, pod, file, files), damaged)
               where snapshot is not null
               orderby snapshot.Time, snapshot.Name.Text
               select snapshot;
    }

    private static BackedUpSnapshot Parse(
        IBackupStore store, PodName pod, string file, Dictionary<string, StoredFile> files) =>
        SnapshotName.TryParse(file[..^Extension.Length], out SnapshotName? name) && TimeOf(name) is { } time
            ? new(pod, name, time)
            {
                IsProtected = files.ContainsKey(name.Text + Protection.Extension),
                ListBytes = files[file].SizeBytes,
            }
            : throw Damaged(store.PathOf($"{pod.Folder}/{file}"), "its name is not that of a snapshot");

    private static T? Try<T>(Func<T?> read, Action<OperatorException> damaged)
        where T : class
    {
        try
        {
            return read();
        }
        catch (OperatorException e)
        {
            damaged(e);
            return null;
        }
    }

    /// <returns>null if another client has deleted the list meanwhile.</returns>
    private static ListedSnapshot? ReadOne(IBackupStore store, BackedUpSnapshot snapshot)
    {
        string path = store.PathOf(snapshot.ListName);
        if (Parse(store, snapshot.ListName) is not { } list)
        {
            return null;
        }

        if (list.Format is < 1 or > BackupLayout.Format)
        {
            throw BackupDamage.WrongFormat(path, list.Format);
        }

        if (list.Cluster != snapshot.Pod.Cluster || list.Pod != snapshot.Pod.Pod || list.Snapshot != snapshot.Name.Text)
        {
            string[] parts = [list.Cluster ?? string.Empty, list.Pod, list.Snapshot];
            throw Damaged(
                path,
                "it is the list of "
                + string.Join('/', parts.Where(part => part.Length > 0).Select(part => Printable.Short(part))));
        }

        return new(snapshot.Pod, snapshot.Name, snapshot.Time, list, path, BlocksOf(list, path))
        {
            IsProtected = snapshot.IsProtected,
        };
    }

    private static Manifest? Parse(IBackupStore store, string file)
    {
        string path = store.PathOf(file);
        try
        {
            if (store.Read(file, MaxListBytes) is not { } json)
            {
                return null;
            }

            RequireFewTokens(json);
            return JsonSerializer.Deserialize(json, BackupJson.Default.Manifest)
                ?? throw Damaged(path, "it holds null");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Damaged(path, Printable.Text(e.Message));
        }
    }

    // A text of 3 bytes becomes an object of 24 bytes, so the file's length alone bounds too little.
    private static void RequireFewTokens(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new() { MaxDepth = BackupJson.MaxDepth });
        for (int tokens = 0; reader.Read(); tokens++)
        {
            if (tokens == MaxJsonTokens)
            {
                throw new JsonException($"it holds more than {MaxJsonTokens} names and values");
            }
        }
    }

    private static Dictionary<BlockName, BackupBlock> BlocksOf(Manifest list, string path)
    {
        Dictionary<BlockName, BackupBlock> blocks = [];
        HashSet<BlockId> ids = [];
        foreach (BackupBlock? block in list.Blocks.Take(BlockAudit.MaxBlocks))
        {
            bool isSound = block is { Bytes: >= 0, FileBytes: > 0, Series: >= 0, Samples: >= 0 }
                && block.Kind is SnapshotBlock.Head or SnapshotBlock.Block;
            if (!isSound || !BlockName.TryParse(block!.Ulid, block.Fingerprint, out BlockName name))
            {
                throw Damaged(path, $"entry {blocks.Count + 1} is not a valid block");
            }

            if (!ids.Add(name.Ulid))
            {
                throw Damaged(path, $"it names block {name.Ulid} twice");
            }

            blocks.Add(name, block);
        }

        return list.Blocks.Count switch
        {
            0 => throw Damaged(path, "it names no block"),
            > BlockAudit.MaxBlocks => throw Damaged(path, $"it names more than {BlockAudit.MaxBlocks} blocks"),
            _ => blocks,
        };
    }

    private static OperatorException Damaged(string path, string how) => BackupDamage.Damaged(
        $"{Printable.Text(path)} is damaged or no list: {how}.",
        "take it from a copy of the directory, or delete it; no other snapshot needs it");
}
