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

    /// <param name="data">The directory of a server, which may replace a block while promtool opens it.</param>
    /// <returns>Each sample as a line of promtool, in an order that all versions share.</returns>
    public static async Task<string[]> DumpAsync(PrometheusVersion version, string data)
    {
        // Newer versions need a directory data, in which they replay the write-ahead log.
        string place = Directory.CreateTempSubdirectory("oso-dump-").FullName;
        Directory.CreateDirectory(System.IO.Path.Combine(place, "data"));
        CommandResult? dump = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                dump = await HostCommand.RunAsync(HostCommand.AsRoot(version.Promtool, "tsdb", "dump", data), place);
                return dump.ExitStatus == 0;
            },
            () => dump!.Error);
        Directory.Delete(place, recursive: true);
        return [.. dump!.Lines.Order(StringComparer.Ordinal)];
    }

    /// <returns>The value of a metric without labels, as Prometheus prints it.</returns>
    public static async Task<string> MetricAsync(TargetContainer target, string name)
    {
        string metrics = await BackupFolder.QueryAsync(target, "../../metrics");
        return metrics.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1];
    }

    /// <summary>Requires each sample of the history in a data directory, whose server may have merged blocks.</summary>
    public async Task RequireSamplesAsync(TargetContainer target)
    {
        string missing = string.Empty;
        string place = Directory.CreateTempSubdirectory("oso-dump-").FullName;
        await Eventually.HoldsAsync(
            async () =>
            {
                missing = await RootShell.RunAsync(
                    "export LC_ALL=C; cd \"$3\"; \"$2\" tsdb dump \"$0\" | sort >history.txt; \"$2\" tsdb dump \"$1\" | sort >restored.txt;"
                    + " test -s history.txt && comm -23 history.txt restored.txt | head -3",
                    Path,
                    target.Data,
                    PrometheusVersion.V2_42.Promtool,
                    place);
                return missing.Length == 0;
            },
            () => $"no such sample: {missing}");
    }

    /// <summary>Requires that each directory with a block's name is a whole block.</summary>
    /// <returns>Their number.</returns>
    public static async Task<int> WholeBlocksAsync(Cluster cluster, TargetContainer target, string when)
    {
        string copy = System.IO.Path.Combine(cluster.Folder, "copy");
        string names = await RootShell.RunAsync(
            // The server may replace a block meanwhile by one that it has merged.
            "rm -rf \"$1\"; mkdir \"$1\"; cd \"$0\"; for block in 0*; do case $block in *.*|'0*') continue;; esac;"
            + " if cp -r \"$block\" \"$1\"; then echo \"$block\"; else test ! -e \"$block\"; rm -rf \"$1/$block\"; fi; done;"
            + " chmod -R a+rX \"$1\"",
            target.Data,
            copy);
        int count = names.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        CommandResult verify = await cluster.RunAsync("verify", copy);
        Assert.True(verify.ExitStatus == (count > 0 ? 0 : 7), $"{when}: {verify.Output}{verify.Error}");
        return count;
    }

    /// <summary>Requires that nothing of ours is left beside blocks, and that no reload of the server has failed.</summary>
    public static async Task RequireUnharmedAsync(TargetContainer target)
    {
        Assert.Equal("0", await MetricAsync(target, "prometheus_tsdb_reloads_failures_total"));
        string left = string.Empty;

        // The server's own have such names too, for the time of a merge.
        await Eventually.HoldsAsync(
            async () => (left = await RootShell.RunAsync("ls \"$0\" | grep tmp-for || true", target.Data)).Length == 0, () => left);
    }
}
