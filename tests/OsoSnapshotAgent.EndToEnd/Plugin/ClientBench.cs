using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Compares the client with the fewest commands that a person would type, by turns, through the same kubectl and the
/// same imitation of the API server.
/// Run it with "-explicit only -diagnostics". OSO_BENCH_CLIENT_BYTES is the size of each of two blocks,
/// OSO_BENCH_ROUNDS the number of rounds, and OSO_BENCH_PLUGIN another client to measure.
/// </summary>
public sealed class ClientBench
{
    private const string ByHand = """
        name=by-hand-$1
        kubectl debug "$POD" --image="$OSO_SNAPSHOT_IMAGE" --target=prom-svr -c "$name" --env=OSO_SNAPSHOT_HOLD=1h --env=OSO_SNAPSHOT_CLIENT="$name"
        until kubectl logs "$POD" -c "$name" 2>/dev/null | grep -q '(OSO_SNAPSHOT_HOLD)'; do sleep 0.2; done
        start=$(date +%s.%N)
        kubectl exec "$POD" -c "$name" -- cat /proc/1/root/data/snapshots.tgz >by-hand.tgz
        echo "copied $(echo "$(date +%s.%N) - $start" | bc)"
        kubectl exec "$POD" -c "$name" -- oso-snapshot release --remove
        """;

    private readonly Timings _timings = new();

    [Theory(Explicit = true)]
    [InlineData("tiny", "4000000")]
    [InlineData("large", "800000000")]
    public async Task Client_beside_the_fewest_commands_by_hand(string title, string blockBytes)
    {
        long bytes = Number(title == "large" ? "OSO_BENCH_CLIENT_BYTES" : "", blockBytes);
        await using TargetContainer target = await TargetContainer.StartAsync(new TargetOptions { BlockBytes = bytes });
        using Cluster cluster = new(target) { Timeout = TimeSpan.FromMinutes(10) };
        string? plugin = Environment.GetEnvironmentVariable("OSO_BENCH_PLUGIN");
        long size = 0;
        for (int round = 0; round < Number("OSO_BENCH_ROUNDS", "3"); round++)
        {
            string copied = await TimeAsync("by hand", () => cluster.RunScriptAsync(ByHand, $"{round}"));
            _timings.Add("by hand, the copy alone", double.Parse(copied.Split("copied ")[1].Split('\n')[0], CultureInfo.InvariantCulture));
            size = new FileInfo(Path.Combine(cluster.Folder, "by-hand.tgz")).Length;
            await TimeAsync("take", () => cluster.RunAsync("take", Cluster.Pod, "-q"));
            await TimeAsync("take --streams 1", () => cluster.RunAsync("take", Cluster.Pod, "-q", "--streams", "1", "-o", "one.tgz"));
            if (plugin is not null)
            {
                await TimeAsync("another client", () => cluster.RunScriptAsync($"'{plugin}' take \"$POD\" -o other.tgz"));
            }

            Array.ForEach(Directory.GetFiles(cluster.Folder, "*.tgz*"), File.Delete);
        }

        // A resident container saves the time of a start. The first of these runs starts that container.
        for (int round = 0; round <= Number("OSO_BENCH_ROUNDS", "3"); round++)
        {
            await TimeAsync(round == 0 ? "take --resident, the first" : "take --resident", () => cluster.RunAsync("take", Cluster.Pod, "-q", "--resident"));
            Array.ForEach(Directory.GetFiles(cluster.Folder, "*.tgz*"), File.Delete);
        }

        double byHand = _timings.Median("by hand");
        string table = string.Concat(_timings.Names.Select(name => string.Create(
            CultureInfo.InvariantCulture, $"| {name} | {_timings.Median(name):0.00} s | {_timings.Median(name) - byHand:+0.00;-0.00} s | {_timings.Median(name) / byHand:0.00} |\n")));
        TestContext.Current.SendDiagnosticMessage(
            $"{title}: an archive of {size} bytes\n\n| variant | median | beside by hand | × by hand |\n| --- | ---: | ---: | ---: |\n{table}");
    }

    /// <returns>The value of an environment variable.</returns>
    internal static long Number(string variable, string otherwise) =>
        long.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise, CultureInfo.InvariantCulture);

    private async Task<string> TimeAsync(string name, Func<Task<CommandResult>> run)
    {
        long startedAt = Stopwatch.GetTimestamp();
        string output = (await run()).Succeeded().Output;
        _timings.Add(name, Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
        return output;
    }
}
