using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
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
    // Takes a name, the command that prints the archive, and where it goes.
    private const string ByHand = """
        name=by-hand-$1
        kubectl debug "$POD" --image="$OSO_SNAPSHOT_IMAGE" --target=prom-svr -c "$name" --env=OSO_SNAPSHOT_HOLD=1h --env=OSO_SNAPSHOT_CLIENT="$name"
        until kubectl logs "$POD" -c "$name" 2>/dev/null | grep -q '(OSO_SNAPSHOT_HOLD)'; do sleep 0.2; done
        start=$(date +%s.%N)
        kubectl exec "$POD" -c "$name" -- $2 >"$3"
        echo "copied $(echo "$(date +%s.%N) - $start" | bc)"
        kubectl exec "$POD" -c "$name" -- oso-snapshot release --remove
        """;

    private readonly Timings _timings = new();
    private int _processes;

    [Theory(Explicit = true)]
    [InlineData("tiny", "4000000", null)]
    [InlineData("large", "800000000", null)]
    [InlineData("large, exports of at most 130 MB/s as on a real cluster", "800000000", 130_000_000)]
    public async Task Client_beside_the_fewest_commands_by_hand(string title, string blockBytes, int? bytesPerSecond)
    {
        long bytes = Number(title == "tiny" ? "" : "OSO_BENCH_CLIENT_BYTES", blockBytes);
        await using TargetContainer target = await TargetContainer.StartAsync(new TargetOptions { BlockBytes = bytes });
        using Cluster cluster = new(target) { Timeout = TimeSpan.FromMinutes(10) };
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = bytesPerSecond } });
        string? plugin = Environment.GetEnvironmentVariable("OSO_BENCH_PLUGIN");
        long size = 0;
        for (int round = 0; round < Number("OSO_BENCH_ROUNDS", "3"); round++)
        {
            CommandResult byHand = await TimeAsync(
                "by hand", () => cluster.RunScriptAsync(ByHand, $"{round}", "cat /proc/1/root/data/snapshots.tgz", "by-hand.tgz"));
            AddCopy("by hand, the copy alone", byHand.Output, "copied ");
            size = new FileInfo(Path.Combine(cluster.Folder, "by-hand.tgz")).Length;
            byHand = (await cluster.RunScriptAsync(ByHand, $"discarded-{round}", "oso-snapshot export", "/dev/null")).Succeeded();
            AddCopy("exec of the agent's export, discarded", byHand.Output, "copied ");
            CommandResult take = await TimeAsync("take", () => cluster.RunAsync("take", Cluster.Pod));
            AddCopy("take, the copy alone", take.Error, " in ");
            await WatchAsync(cluster);
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

        double least = _timings.Median("by hand");
        string table = string.Concat(_timings.Names.Select(name => string.Create(
            CultureInfo.InvariantCulture, $"| {name} | {_timings.Median(name):0.00} s | {_timings.Median(name) - least:+0.00;-0.00} s | {_timings.Median(name) / least:0.00} |\n")));
        TestContext.Current.SendDiagnosticMessage(
            $"{title}: an archive of {size} bytes; at most {_processes} processes of take at a time\n\n| variant | median | beside by hand | × by hand |\n| --- | ---: | ---: | ---: |\n{table}");
    }

    /// <returns>The value of an environment variable.</returns>
    internal static long Number(string variable, string otherwise) =>
        long.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise, CultureInfo.InvariantCulture);

    // "Copied 428.3 MiB in 2.3s; checked 1.1s later" is the client's line.
    private void AddCopy(string name, string output, string before)
    {
        string line = output.Split('\n').Single(line => line.StartsWith("copied ", StringComparison.OrdinalIgnoreCase));
        _timings.Add(name, double.Parse(line.Split(before)[1].Split('s')[0], CultureInfo.InvariantCulture));
    }

    private async Task WatchAsync(Cluster cluster)
    {
        long startedAt = Stopwatch.GetTimestamp();
        using Process take = cluster.Start("take", Cluster.Pod, "-o", "watched.tgz");
        take.StandardInput.Close();
        _ = take.StandardError.Read();
        _timings.Add("take, its first output", Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
        Task<string> error = take.StandardError.ReadToEndAsync();
        while (!take.HasExited)
        {
            _processes = Math.Max(_processes, cluster.Processes.Count());
            await Task.Delay(10);
        }

        Assert.True(take.ExitCode == 0, await error);
    }

    private async Task<CommandResult> TimeAsync(string name, Func<Task<CommandResult>> run)
    {
        long startedAt = Stopwatch.GetTimestamp();
        CommandResult result = (await run()).Succeeded();
        _timings.Add(name, Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
        return result;
    }
}
