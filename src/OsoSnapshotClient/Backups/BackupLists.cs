using System.Globalization;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Backups;

/// <summary>A list that was read and checked.</summary>
/// <param name="Time">When Prometheus made the snapshot, by Prometheus' clock.</param>
/// <param name="Blocks">The list's blocks by name.</param>
internal sealed record ListedSnapshot(
    PodName Pod,
    SnapshotName Name,
    DateTimeOffset Time,
    BackupList List,
    string Path,
    IReadOnlyDictionary<BlockName, BackupBlock> Blocks)
{
    public override string ToString() => $"{Pod}/{Name}";
}

/// <summary>Reads the lists of a backup directory. Every value is checked before it is used.</summary>
internal static class BackupLists
{
    public const string Extension = ".json";

    // A list with the maximum number of blocks, each with some problems, is smaller.
    private const int MaxListBytes = 64 * 1024 * 1024;
    private const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <returns>The sound lists, by pod and time.</returns>
    /// <param name="damaged">Gets an exception for each damaged list, with its path.</param>
    public static IReadOnlyList<ListedSnapshot> Read(BackupDirectory directory, Action<OperatorException> damaged)
    {
        List<ListedSnapshot> lists = [];
        foreach (string podPath in Directory.EnumerateFileSystemEntries(directory.Snapshots)
            .Order(StringComparer.Ordinal))
        {
            try
            {
                PodName pod = PodOf(podPath);
                lists.AddRange(Read(directory, pod, damaged));
            }
            catch (OperatorException e)
            {
                damaged(e);
            }
        }

        return lists;
    }

    /// <inheritdoc cref="Read(BackupDirectory, Action{OperatorException})"/>
    public static IReadOnlyList<ListedSnapshot> Read(
        BackupDirectory directory, PodName pod, Action<OperatorException> damaged)
    {
        string path = directory.PathOf(pod);
        List<ListedSnapshot> lists = [];
        string[] files = Directory.Exists(path) ? Directory.GetFiles(path, "*" + Extension) : [];
        foreach (string file in files)
        {
            try
            {
                lists.Add(ReadOne(file, pod));
            }
            catch (OperatorException e)
            {
                damaged(e);
            }
        }

        return [.. lists.OrderBy(list => list.Time).ThenBy(list => list.Name.Text, StringComparer.Ordinal)];
    }

    /// <summary>Reads the lists for a verb that needs all of them.</summary>
    /// <exception cref="OperatorException">A list is damaged.</exception>
    public static IReadOnlyList<ListedSnapshot> ReadSound(BackupDirectory directory) =>
        Read(directory, damage => throw damage);

    /// <returns>When Prometheus made the snapshot; null if the name holds no time.</returns>
    public static DateTimeOffset? TimeOf(SnapshotName name) => DateTimeOffset.TryParseExact(
        name.Text.AsSpan(0, name.Text.IndexOf('-', StringComparison.Ordinal)),
        StampFormat,
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal,
        out DateTimeOffset time)
        ? time
        : null;

    private static PodName PodOf(string path)
    {
        BackupDirectory.RefuseLink(path);
        return Directory.Exists(path) && PodName.TryParse(Path.GetFileName(path)) is { } pod
            ? pod
            : throw BackupDirectory.Damaged(
                $"{Printable.Text(path)} is not a pod's directory of lists.", "move it elsewhere");
    }

    private static ListedSnapshot ReadOne(string path, PodName pod)
    {
        BackupDirectory.RefuseLink(path);
        BackupList list = Parse(path);
        if (list.Format != BackupDirectory.Format)
        {
            throw BackupDirectory.Damaged(
                $"{path} has format {list.Format}; this client knows format {BackupDirectory.Format}.",
                "use the client of the version that wrote it, or a later one");
        }

        string file = Path.GetFileNameWithoutExtension(path);
        if (!SnapshotName.TryParse(file, out SnapshotName? name) || TimeOf(name) is not { } time)
        {
            throw Damaged(path, "its name is not that of a snapshot");
        }

        if (list.Pod != pod.Text || list.Snapshot != name.Text)
        {
            throw Damaged(path, $"it is the list of {Printable.Text($"{list.Pod}/{list.Snapshot}")}");
        }

        return new(pod, name, time, list, path, BlocksOf(list, path));
    }

    private static BackupList Parse(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MaxListBytes)
            {
                throw Damaged(path, $"it is longer than {MaxListBytes} bytes");
            }

            byte[] json = new byte[file.Length];
            file.ReadExactly(json);
            return JsonSerializer.Deserialize(json, BackupJson.Default.BackupList)
                ?? throw Damaged(path, "it holds null");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Damaged(path, Printable.Text(e.Message));
        }
    }

    private static Dictionary<BlockName, BackupBlock> BlocksOf(BackupList list, string path)
    {
        Dictionary<BlockName, BackupBlock> blocks = [];
        HashSet<BlockId> ids = [];
        foreach (BackupBlock? block in list.Blocks.Take(BlockAudit.MaxBlocks))
        {
            bool isSound = block is { Bytes: >= 0, FileBytes: > 0, Series: >= 0, Samples: >= 0, Sha256.Length: 64 }
                && block.Sha256.All(char.IsAsciiHexDigitLower)
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
        $"{path} is damaged or no list: {how}.",
        "take it from a copy of the directory, or delete it; no other snapshot needs it");
}
