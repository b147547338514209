using System.Globalization;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>A backed up snapshot, as the name of its list tells it.</summary>
/// <param name="Time">When Prometheus made the snapshot, by Prometheus' clock.</param>
internal record BackedUpSnapshot(PodName Pod, SnapshotName Name, DateTimeOffset Time)
{
    public string ListName => Name.Text + ManifestStore.Extension;

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
/// Reads the lists of a backup directory, one at a time: their number takes no memory. Every value is checked before it
/// is used.
/// </summary>
internal static class ManifestStore
{
    public const string Extension = ".json";

    /// <summary>
    /// The problems that a list holds beside one of each block. A reader accepts the size of such a list.
    /// </summary>
    public const int MaxProblems = 1_000;

    // A list with the maximum number of blocks is smaller: 450 bytes a block, and 10 names and values.
    private const int MaxListBytes = 8 * 1024 * 1024;
    private const int MaxJsonTokens = 300_000;
    private const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <returns>The sound lists, by pod and time.</returns>
    /// <param name="damaged">Gets an exception for each damaged list, with its path.</param>
    public static IEnumerable<ListedSnapshot> Read(BackupDirectory directory, Action<OperatorException> damaged) =>
        Pods(directory, damaged).SelectMany(pod => Read(directory, pod, damaged));

    /// <inheritdoc cref="Read(BackupDirectory, Action{OperatorException})"/>
    public static IEnumerable<ListedSnapshot> Read(
        BackupDirectory directory,
        PodName pod,
        Action<OperatorException> damaged)
    {
        using DirectoryHandle? lists = BackupEntry.FindDirectory(directory.Snapshots, pod.Text);
        foreach (BackedUpSnapshot snapshot in lists is null ? [] : Find(lists, pod, damaged))
        {
            if (Try(() => ReadOne(lists!, snapshot), damaged) is { } listed)
            {
                yield return listed;
            }
        }
    }

    /// <summary>Finds the lists of all pods, and reads none.</summary>
    /// <inheritdoc cref="Read(BackupDirectory, Action{OperatorException})" path="/param"/>
    /// <returns>The snapshots, by pod and time.</returns>
    public static IEnumerable<BackedUpSnapshot> Find(BackupDirectory directory, Action<OperatorException> damaged)
    {
        foreach (PodName pod in Pods(directory, damaged))
        {
            using DirectoryHandle? lists = BackupEntry.FindDirectory(directory.Snapshots, pod.Text);
            foreach (BackedUpSnapshot snapshot in lists is null ? [] : Find(lists, pod, damaged))
            {
                yield return snapshot;
            }
        }
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

    private static IEnumerable<PodName> Pods(BackupDirectory directory, Action<OperatorException> damaged)
    {
        foreach (string name in directory.Snapshots.Names().Order(StringComparer.Ordinal))
        {
            if (Try(() => PodOf(directory.Snapshots, name), damaged) is { } pod)
            {
                yield return pod;
            }
        }
    }

    private static PodName PodOf(DirectoryHandle snapshots, string name)
    {
        using DirectoryHandle? lists = BackupEntry.FindDirectory(snapshots, name);
        return PodName.TryParse(name) ?? throw BackupDirectory.Damaged(
            $"{Printable.Text(snapshots.PathOf(name))} is not a pod's directory of lists.", "move it elsewhere");
    }

    private static IEnumerable<BackedUpSnapshot> Find(
        DirectoryHandle lists,
        PodName pod,
        Action<OperatorException> damaged) =>
        from file in lists.Names()
        where file.EndsWith(Extension, StringComparison.Ordinal)
        let snapshot = Try(() => Parse(lists, pod, file), damaged)
        where snapshot is not null
        orderby snapshot.Time, snapshot.Name.Text
        select snapshot;

    private static BackedUpSnapshot Parse(DirectoryHandle lists, PodName pod, string file) =>
        SnapshotName.TryParse(file[..^Extension.Length], out SnapshotName? name) && TimeOf(name) is { } time
            ? new(pod, name, time)
            : throw Damaged(lists.PathOf(file), "its name is not that of a snapshot");

    private static T? Try<T>(Func<T> read, Action<OperatorException> damaged)
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

    private static ListedSnapshot ReadOne(DirectoryHandle lists, BackedUpSnapshot snapshot)
    {
        string path = lists.PathOf(snapshot.ListName);
        Manifest list = Parse(lists, snapshot.ListName);
        if (list.Format != BackupDirectory.Format)
        {
            throw BackupDirectory.Damaged(
                $"{path} has format {list.Format}; this client knows format {BackupDirectory.Format}.",
                "use the client of the version that wrote it, or a later one");
        }

        if (list.Pod != snapshot.Pod.Text || list.Snapshot != snapshot.Name.Text)
        {
            throw Damaged(path, $"it is the list of {Printable.Text($"{list.Pod}/{list.Snapshot}")}");
        }

        return new(snapshot.Pod, snapshot.Name, snapshot.Time, list, path, BlocksOf(list, path));
    }

    private static Manifest Parse(DirectoryHandle lists, string file)
    {
        string path = lists.PathOf(file);
        try
        {
            byte[] json = BackupEntry.Read(lists, file, MaxListBytes) ?? throw Damaged(path, "it is missing");
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

    private static OperatorException Damaged(string path, string how) => BackupDirectory.Damaged(
        $"{Printable.Text(path)} is damaged or no list: {how}.",
        "take it from a copy of the directory, or delete it; no other snapshot needs it");
}
