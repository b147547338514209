using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>A directory of generated blocks, which end some hours ago.</summary>
internal sealed class LiveHistory
{
    private LiveHistory(string path, IReadOnlyList<GeneratedBlock> blocks) => (Path, Blocks) = (path, blocks);

    public string Path { get; }

    public IReadOnlyList<GeneratedBlock> Blocks { get; }

    public static LiveHistory Generate(
        Cluster cluster, int blocks, TimeSpan? age = null, long bytes = 1 << 20, string name = "history", ulong seed = 7)
    {
        string path = System.IO.Path.Combine(cluster.Folder, name);

        // promtool reads only what looks like a server's directory.
        Directory.CreateDirectory(System.IO.Path.Combine(path, "wal"));
        return new(path, BlockGenerator.Generate(new()
        {
            Directory = path,
            BlockCount = blocks,
            SizeBytes = bytes,
            Seed = seed,
            Until = TimeProvider.System.GetUtcNow() - (age ?? TimeSpan.FromHours(3)),
        }));
    }

    /// <returns>Each sample as a line of promtool, in an order that all versions share.</returns>
    public static async Task<string[]> DumpAsync(PrometheusVersion version, string data)
    {
        // Newer versions need a directory data, in which they replay the write-ahead log.
        string place = Directory.CreateTempSubdirectory("oso-dump-").FullName;
        Directory.CreateDirectory(System.IO.Path.Combine(place, "data"));
        CommandResult dump = (await HostCommand.RunAsync(
            HostCommand.AsRoot(version.Promtool, "tsdb", "dump", data), place, TimeSpan.FromMinutes(3))).Succeeded();
        Directory.Delete(place, recursive: true);
        return [.. dump.Lines.Order(StringComparer.Ordinal)];
    }

    /// <returns>The value of a metric without labels, as Prometheus prints it.</returns>
    public static async Task<string> MetricAsync(TargetContainer target, string name)
    {
        string metrics = await BackupFolder.QueryAsync(target, "../../metrics");
        return metrics.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1];
    }
}
