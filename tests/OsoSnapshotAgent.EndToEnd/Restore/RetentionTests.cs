using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Restore;

/// <summary>
/// Tests that no server deletes a block when it runs with the flags that restore prints, whatever times the blocks have.
/// </summary>
public sealed partial class RetentionTests : IDisposable
{
    // Prometheus looks for blocks to delete when it starts and once a minute.
    private static readonly TimeSpan TwoReloads = TimeSpan.FromMinutes(5);

    private static readonly DateTimeOffset Wrong = new(2098, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-retention-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_block_is_still_there_after_two_reloads_with_the_printed_flags()
    {
        await PodLauncher.SkipWhereImpossibleAsync();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        (string Name, Action<string> Make, bool IsTimed)[] cases =
        [
            ("normal", folder => Generate(folder, now, 3), true),
            ("one-of-2098", folder => Generate(folder, now, 3, Wrong), true),
            ("all-ahead", folder => Generate(folder, Wrong, 2), true),
            ("of-129972", folder => MoveToTheYear129972(Generate(folder, now, 3, Wrong)), false),
            ("five-years-old", folder => Generate(folder, now.AddYears(-5), 2), true),
        ];

        List<Task> servers = [];
        foreach ((string name, Action<string> make, bool isTimed) in cases)
        {
            (string restored, string[] flags) = await RestoreAsync(name, make);
            Assert.Equal(isTimed, flags.Any(flag => flag.StartsWith("--storage.tsdb.retention.time=", StringComparison.Ordinal)));
            servers.AddRange(PrometheusVersion.All.Select(version => KeepsAllAsync(name, version, restored, flags)));
        }

        await Task.WhenAll(servers);
    }

    private static string Generate(string folder, DateTimeOffset until, int count, DateTimeOffset? another = null)
    {
        GeneratorOptions options = new() { Directory = folder, BlockCount = count, SizeBytes = count * 100_000, Seed = 1, Until = until };
        BlockGenerator.Generate(options);
        return another is { } end
            ? BlockGenerator.Generate(options with { BlockCount = 1, SizeBytes = 100_000, Until = end })[0].Directory
            : folder;
    }

    // No calendar of .NET reaches so far. Prometheus judges a block by the times in its meta.json.
    private static void MoveToTheYear129972(string block)
    {
        string path = Path.Combine(block, "meta.json");
        string text = Times().Replace(File.ReadAllText(path), match =>
            $"{match.Groups[1].Value}{long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) + 4_035_267_000_000_000}");
        File.WriteAllText(path, text);
    }

    // Returns the directory, and the flags as they are printed except the path, which is the pod's.
    private async Task<(string Restored, string[] Flags)> RestoreAsync(string name, Action<string> make)
    {
        string folder = Path.Combine(_folder, name);
        make(Path.Combine(folder, "snapshots/20250820T165101Z-0eb533ff8d43ed64"));
        (await HostCommand.RunAsync(["tar", "czf", "snapshots.tgz", "snapshots"], folder)).Succeeded();
        string restored = Path.Combine(folder, "restored");
        CommandResult restore = (await HostCommand.RunAsync(Client.Binary, "restore", Path.Combine(folder, "snapshots.tgz"), restored)).Succeeded();
        string[] flags = restore.Lines.Single(line => line.StartsWith("  --", StringComparison.Ordinal)).Trim().Split(' ');
        Assert.Equal("--storage.tsdb.path=" + restored, flags[0]);
        return (restored, flags[1..]);
    }

    private static async Task KeepsAllAsync(string name, PrometheusVersion version, string restored, string[] flags)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            Version = version, InitialData = restored, ScrapesItself = false, Flags = [.. flags, .. PodOptions.MergesNothing],
        });
        double before = await ReloadsAsync(pod);
        long start = Stopwatch.GetTimestamp();
        while (await ReloadsAsync(pod) < before + 2)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TwoReloads, $"Prometheus {version} did not reload twice:\n{pod.Log}");
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        }

        string[] kept = Blocks(pod.DataDirectory);
        Assert.True(Blocks(restored).SequenceEqual(kept), $"{name}, Prometheus {version} with {string.Join(' ', flags)} kept {kept.Length} blocks:\n{pod.Log}");
    }

    private static string[] Blocks(string directory) =>
        [.. Directory.GetDirectories(directory).Select(path => Path.GetFileName(path)!).Where(block => block.Length == 26).Order(StringComparer.Ordinal)];

    private static async Task<double> ReloadsAsync(PrometheusPod pod)
    {
        string metrics = (await pod.GetAsync("metrics")).Body;
        return double.Parse(Reloads().Match(metrics).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("(\"m(?:in|ax)Time\": *)([0-9]+)")]
    private static partial Regex Times();

    [GeneratedRegex("^prometheus_tsdb_reloads_total ([0-9.e+]+)$", RegexOptions.Multiline)]
    private static partial Regex Reloads();
}
