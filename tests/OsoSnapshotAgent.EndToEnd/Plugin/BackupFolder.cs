using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>The backup directory B, in the folder where a <see cref="Cluster"/>'s client runs.</summary>
internal sealed class BackupFolder(Cluster cluster)
{
    /// <summary>A Prometheus that scrapes itself, so that its head has samples.</summary>
    public static TargetOptions Scraping { get; } = new()
    {
        Files = new Dictionary<string, string>
        {
            ["prometheus.yml"] = $$"""
                {"global": {"scrape_interval": "1s"}, "scrape_configs": [{"job_name": "self",
                "metrics_path": "/{{TargetContainer.Prefix}}/prometheus/metrics",
                "static_configs": [{"targets": ["localhost:80"]}]}]}
                """,
        },
    };

    public string Path { get; } = System.IO.Path.Combine(cluster.Folder, "B");

    /// <summary>The archives with final names.</summary>
    public IReadOnlyList<string> Blocks => Files("blocks", "*.tar.gz");

    /// <summary>The lists, sorted by pod and time.</summary>
    public IReadOnlyList<string> Lists => Files("snapshots", "*.json");

    public IReadOnlyList<string> Parts => [.. Files("blocks", "*.part*"), .. Files("snapshots", "*.part*")];

    /// <summary>Waits until a snapshot has a block of the head.</summary>
    public static async Task HeadHasSamplesAsync(TargetContainer target) => await Eventually.HoldsAsync(
        async () => (await QueryAsync(target, "query?query=count_over_time(up%5B1m%5D)%3E1")).Contains("\"value\"", StringComparison.Ordinal),
        () => "fewer than two samples in the head");

    /// <returns>The output of <c>--output json</c>.</returns>
    public async Task<JsonNode> TakeAsync(params string[] options)
    {
        CommandResult take = (await cluster.RunAsync(
            ["take", Cluster.Pod, "--into", "B", "--output", "json", .. options])).Succeeded();
        return JsonNode.Parse(Assert.Single(take.Lines))!;
    }

    /// <summary>
    /// Checks what must hold at any moment: final names belong to whole files, and lists name only existing files.
    /// </summary>
    /// <returns>The first fault; null if there is none.</returns>
    public string? FindFault()
    {
        // The lists are read before the blocks, because a client may be at work.
        (string List, JsonArray Blocks)[] lists =
            [.. Lists.Select(list => (list, JsonNode.Parse(File.ReadAllBytes(list))!["blocks"]!.AsArray()))];
        Dictionary<string, string> blocks = [];
        foreach (string block in Blocks)
        {
            string actual = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(block)));
            blocks.Add(System.IO.Path.GetFileName(block), actual);
            if (File.Exists(block + ".sha256") && File.ReadAllText(block + ".sha256").Split(' ')[0] != actual)
            {
                return $"{block} does not match its .sha256";
            }
        }

        var missing =
            from list in lists
            from block in list.Blocks
            let file = $"{(string)block!["ulid"]!}.{(string)block["fingerprint"]!}.tar.gz"
            where blocks.GetValueOrDefault(file) != (string)block["sha256"]!
            select $"{list.List} names {file}";
        return missing.FirstOrDefault();
    }

    public async Task VerifiesAsync() => Assert.Contains(
        " is sound: ", (await cluster.RunAsync("verify", "B")).Succeeded().Output, StringComparison.Ordinal);

    public async Task<JsonNode[]> TableAsync() =>
    [
        .. (await cluster.RunAsync("backups", "B", "--output", "json")).Succeeded().Lines
            .Select(line => JsonNode.Parse(line)!),
    ];

    /// <summary>Copies the only snapshot on the volume, to compare it with what is restored.</summary>
    public async Task KeepSnapshotAsync(TargetContainer target, string name) => await RootShell.RunAsync(
        "cp -r \"$0\"/snapshots/* \"$1\"; chmod -R a+rX \"$1\"", target.Data, PathOf(name + ".snapshot"));

    /// <summary>Checks that a restore gives the kept snapshot of that name, byte for byte.</summary>
    public async Task RestoresAsync(string name, params string[] options)
    {
        (await cluster.RunAsync(["restore", "B", name, .. options])).Succeeded();
        (await HostCommand.RunAsync("diff", "-r", PathOf(name + ".snapshot"), PathOf(name))).Succeeded();
    }

    public async Task PlainToolsAcceptAsync() => (await HostCommand.RunAsync(
        ["sh", "-c", "sha256sum -c --strict blocks/*.sha256 && gzip -t blocks/*.gz"], Path)).Succeeded();

    /// <summary>Follows the page on backup directories, and restores into the directory "plain".</summary>
    public async Task PlainToolsRestoreAsync() => (await HostCommand.RunAsync(
        [
            "sh", "-ec", """
            list=$(ls snapshots/*/oso.oso-p-prom-svr-0/*.json | tail -n 1)
            sed -n 's/^ *"ulid": "\([0-9A-Z]*\)",$/\1/p' "$list" >ulids
            sed -n 's/^ *"fingerprint": "\([0-9a-f]*\)",$/\1/p' "$list" >fingerprints
            mkdir ../plain
            paste -d . ulids fingerprints | while read -r block; do
              sha256sum -c "blocks/$block.tar.gz.sha256"
              tar xzf "blocks/$block.tar.gz" -C ../plain
            done
            """,
        ],
        Path)).Succeeded();

    public static async Task DeleteSeriesAsync(TargetContainer target, string metric)
    {
        // The deletion takes effect at once. The samples are removed at the next compaction.
        string answer = await QueryAsync(target, $"admin/tsdb/delete_series?match[]={metric}", "--post-data=");
        Assert.Empty(answer);
    }

    /// <returns>The number of samples in a restore.</returns>
    public async Task<int> SamplesAsync(string name, string metric, params string[] options)
    {
        (await cluster.RunAsync(["restore", "B", name, .. options])).Succeeded();

        // promtool requires a wal directory.
        Directory.CreateDirectory(System.IO.Path.Combine(PathOf(name), "wal"));
        return (await Judge.PromtoolDumpAsync(
            PrometheusVersion.V2_42, PathOf(name), $"{{__name__=\"{metric}\"}}")).Count;
    }

    /// <returns>The API's answer, as JSON.</returns>
    public static async Task<string> QueryAsync(TargetContainer target, string path, params string[] options) =>
        (await Podman.RunAsync(
        [
            "exec", target.Name, "/bin/busybox", "wget", "-q", "-O", "-", .. options,
            $"http://localhost:80/{TargetContainer.Prefix}/prometheus/api/v1/{path}",
        ])).Output;

    public string PathOf(string name) => System.IO.Path.Combine(cluster.Folder, name);

    private string[] Files(string folder, string pattern)
    {
        string path = System.IO.Path.Combine(Path, folder);
        string[] files = Directory.Exists(path) ? Directory.GetFiles(path, pattern, SearchOption.AllDirectories) : [];
        return [.. files.Order(StringComparer.Ordinal)];
    }
}
