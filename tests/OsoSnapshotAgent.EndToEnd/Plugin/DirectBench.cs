using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Measures the agent's upload by turns with its export, what Prometheus' queries notice of both and of a restore, and a
/// take with and without --direct. Run it with "-explicit only -diagnostics". OSO_BENCH_DIRECT_BYTES is the size of four blocks together,
/// OSO_BENCH_ROUNDS the number of rounds.
/// </summary>
public sealed class DirectBench(S3Server server)
{
    private const int Blocks = 4;

    // Two clients ask range queries until the input ends.
    private const string Queries = """
        import json, statistics, sys, threading, time, urllib.parse, urllib.request
        end = time.time() - 3600
        query = 'sum(rate(http_requests_total{code="200",handler="/login",method="GET"}[5m]))'
        url = sys.argv[1] + "/api/v1/query_range?" + urllib.parse.urlencode({"query": query, "start": end - 4 * 3600, "end": end, "step": 300})
        latencies, stopped = [], threading.Event()
        def ask():
            while not stopped.is_set():
                start = time.monotonic()
                with urllib.request.urlopen(url) as answer: assert json.load(answer)["data"]["result"]
                latencies.append(1000 * (time.monotonic() - start))
                time.sleep(0.05)
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads: thread.start()
        sys.stdin.read()
        stopped.set()
        for thread in threads: thread.join()
        print(statistics.median(latencies), statistics.quantiles(latencies, n=100)[98])
        """;

    private readonly Timings _timings = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Upload_beside_export_and_what_queries_notice()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockCount = Blocks, BlockBytes = Bytes });
        (string authority, string certificate) = await DirectUploadTests.CertificateAsync(target);
        using StoreRelay sink = await StoreRelay.StartAsync(target, server: null, certificate);
        string pem = await File.ReadAllTextAsync(authority, Token);
        for (int round = 0; round < ClientBench.Number("OSO_BENCH_ROUNDS", "3"); round++)
        {
            await DuringQueriesAsync(target, "nothing", () => Task.Delay(TimeSpan.FromSeconds(10), Token));
            await DuringQueriesAsync(target, "an archive", async () => await (await target.StartAgentAsync(hasTerminal: false)).EndsWithAsync(0));
            AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_ARCHIVE", "no"), ("OSO_SNAPSHOT_HOLD", "1h"));
            await agent.WaitForLogAsync("Holding at most");
            SnapshotBlock[] blocks = [.. JsonSerializer.Deserialize(
                (await agent.ExecAsync("oso-snapshot", "blocks", "--json")).Succeeded().Output, ControlJson.Default.SnapshotBlockArray)!.Where(block => block.Bytes > 1 << 20)];
            foreach (int atATime in (int[])[1, 2])
            {
                string kind = atATime == 1 ? "one block at a time" : $"{atATime} blocks at a time";
                await TimeAsync($"export into /dev/null, {kind}", () => EachAsync(blocks, atATime, block => ExportAsync(agent, block)));
                await TimeAsync($"the same with the lowest priority, {kind}", () => EachAsync(blocks, atATime, block => ExportAsync(agent, block, "nice", "-n", "19")));
                await TimeAsync($"upload to an HTTPS sink, {kind}", () => EachAsync(blocks, atATime, block => UploadAsync(agent, block, sink, pem)));
                await DuringQueriesAsync(target, $"uploads, {kind}", () => EachAsync(blocks, atATime, block => UploadAsync(agent, block, sink, pem)));
            }

            (await agent.ExecAsync("oso-snapshot", "release", "--remove")).Succeeded();
            await agent.EndsWithAsync(0);
        }

        Show($"{Bytes} bytes in {Blocks} blocks; load {(await File.ReadAllTextAsync("/proc/loadavg", Token))[..14]}");
    }

    [Fact(Explicit = true)]
    public async Task A_take_into_a_bucket_with_and_without_direct()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockCount = Blocks, BlockBytes = Bytes });
        string bucket = await server.MakeBucketAsync();
        using StoreRelay relay = await StoreRelay.StartAsync(target, server.Endpoint);
        using Cluster cluster = new(target)
        {
            OwnVariables = DirectUploadTests.Variables(server.Endpoint),
            Timeout = TimeSpan.FromMinutes(10),
        };
        for (int round = 0; round < ClientBench.Number("OSO_BENCH_ROUNDS", "3"); round++)
        {
            await TimeAsync("take --into", () => TakeAsync(cluster, $"s3://{bucket}/through-{round}"));
            await TimeAsync("take --into --direct", () => TakeAsync(cluster, $"s3://{bucket}/direct-{round}", "--direct=only"));
        }

        Show($"{Bytes} bytes in {Blocks} blocks into radosgw; load {(await File.ReadAllTextAsync("/proc/loadavg", Token))[..14]}");
    }

    [Fact(Explicit = true)]
    public async Task What_queries_notice_of_a_restore()
    {
        // A server that merges nothing finds the same blocks in each round.
        await using TargetContainer target = await TargetContainer.StartAsync(new()
        {
            BlockCount = Blocks,
            BlockBytes = Bytes,
            Flags = PodOptions.MergesNothing,
        });
        using Cluster cluster = new(target);
        LiveHistory history = LiveHistory.Generate(cluster, Blocks, TimeSpan.FromDays(4), Bytes);
        string sent = await PackAsync(history, Path.Combine(cluster.Folder, "sent"));
        for (int round = 0; round < ClientBench.Number("OSO_BENCH_ROUNDS", "3"); round++)
        {
            await DuringQueriesAsync(target, "nothing", () => Task.Delay(TimeSpan.FromSeconds(10), Token));
            await DuringQueriesAsync(target, "an archive", async () => await (await target.StartAgentAsync(hasTerminal: false)).EndsWithAsync(0));
            foreach (string pace in (string[])["polite", "full"])
            {
                AgentContainer agent = await StartRestoreAsync(target, pace);
                await DuringQueriesAsync(target, $"a restore, {pace}", () => TimeAsync($"a restore's blocks, {pace}", () => SendAsync(agent, sent)));
                await agent.SignalAsync("KILL");
                await RootShell.RunAsync("cd \"$0\" && rm -r \"$@\"", [target.Data, .. history.Blocks.Select(block => block.Ulid)]);
            }
        }

        Show($"{Bytes} bytes in {Blocks} blocks, {new FileInfo(sent).Length} packed; load {(await File.ReadAllTextAsync("/proc/loadavg", Token))[..14]}");
    }

    // All that a client sends. Its own work is not measured.
    private static async Task<string> PackAsync(LiveHistory history, string file)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(history.Path);
        List<OfferedBlock> offered = [];
        foreach (GeneratedBlock block in history.Blocks)
        {
            Assert.True(BlockId.TryParse(block.Ulid, out BlockId id));
            BlockDescription known = BlockDescription.Of(directory, id);
            offered.Add(new() { Ulid = block.Ulid, Fingerprint = known.Fingerprint, From = block.MinTime, To = block.MaxTime, Bytes = known.Bytes });
        }

        await using FileStream output = File.Create(file);
        output.Write(ControlJson.Line(new() { Blocks = offered }, ControlJson.Default.RestoreRequest));
        foreach (OfferedBlock block in offered)
        {
            output.Write(ControlJson.Line(new() { Ulid = block.Ulid }, ControlJson.Default.SentBlock));
            FrameWriter frames = new(output);
            (await HostCommand.RunAsync("sh", "-c", "tar c --sort=name --format=ustar -C \"$0\" \"$1\" | gzip -1 >\"$2\"", history.Path, block.Ulid, file + ".tgz")).Succeeded();
            await using FileStream packed = File.OpenRead(file + ".tgz");
            await packed.CopyToAsync(frames, 64 << 10, Token);
            frames.End();
        }

        return file;
    }

    private static async Task<AgentContainer> StartRestoreAsync(TargetContainer target, string pace)
    {
        AgentContainer agent = await target.StartAgentAsync(new AgentContainerOptions { Arguments = ["wait"] });
        await agent.WaitForLogAsync("waits for oso-snapshot start");
        string request = new JsonObject
        {
            ["run"] = "bench",
            ["kind"] = RunKinds.Restore,
            ["settings"] = new JsonObject { ["OSO_SNAPSHOT_PACE"] = pace },
        }.ToJsonString();
        (await HostCommand.RunAsync(
            ["sh", "-c", "printf '%s\\n%s' \"$0\" \"$1\" | { shift; exec \"$@\"; }", $"{request.Length}", request, .. agent.WordsFor("oso-snapshot", "start")])).Succeeded();
        await Eventually.HoldsAsync(
            async () => (await agent.ExecAsync("oso-snapshot", "status", "--json")).Output.Contains(PhaseNames.Of(Phase.ReceiveBlocks), StringComparison.Ordinal),
            () => "no run that receives blocks");
        return agent;
    }

    private static async Task SendAsync(AgentContainer agent, string sent)
    {
        using Process receive = HostCommand.Start(["sh", "-c", "exec \"$@\" <\"$0\"", sent, .. agent.WordsFor("oso-snapshot", "receive")]);
        for (int back = 0; back < Blocks;)
        {
            string? line = await receive.StandardOutput.ReadLineAsync(Token);
            Assert.True(line is not null, await agent.LogAsync());
            back += line.Contains("\"back\"", StringComparison.Ordinal) ? 1 : 0;
        }

        await receive.WaitForExitAsync(Token);
    }

    private static long Bytes => ClientBench.Number("OSO_BENCH_DIRECT_BYTES", "800000000");

    private static async Task TakeAsync(Cluster cluster, string place, params string[] options) =>
        (await cluster.RunAsync(["take", Cluster.Pod, "-q", "--into", place, .. options])).Succeeded();

    private static async Task EachAsync(IEnumerable<SnapshotBlock> blocks, int atATime, Func<SnapshotBlock, Task> work) => await Parallel.ForEachAsync(
        blocks, new ParallelOptions { MaxDegreeOfParallelism = atATime }, async (block, _) => await work(block));

    private static async Task ExportAsync(AgentContainer agent, SnapshotBlock block, params string[] before) =>
        (await HostCommand.RunAsync([.. before, .. agent.WordsFor("sh", "-c", $"oso-snapshot export --block {block.Ulid} >/dev/null")])).Succeeded();

    // The least that a client does: it answers each part with an address.
    private static async Task UploadAsync(AgentContainer agent, SnapshotBlock block, StoreRelay sink, string authority)
    {
        using Process upload = HostCommand.Start(agent.WordsFor("oso-snapshot", "upload"));
        JsonObject request = new() { ["ulid"] = block.Ulid, ["fingerprint"] = block.Fingerprint, ["partBytes"] = 8 << 20, ["authorities"] = authority };
        byte[] json = Encoding.UTF8.GetBytes(request.ToJsonString());
        await upload.StandardInput.WriteAsync($"{json.Length}\n{Encoding.UTF8.GetString(json)}");
        await upload.StandardInput.FlushAsync();
        while (await upload.StandardOutput.ReadLineAsync() is { } line)
        {
            JsonNode one = JsonNode.Parse(line)!;
            Assert.Null(one["sent"]?["problem"]);
            if (one["end"] is not null)
            {
                upload.StandardInput.Close();
                return;
            }

            if (one["part"] is not null)
            {
                await upload.StandardInput.WriteAsync($$"""{"url":"{{sink.Endpoint}}bucket/key"}""" + "\n");
                await upload.StandardInput.FlushAsync();
            }
        }

        Assert.Fail(await upload.StandardError.ReadToEndAsync());
    }

    private async Task DuringQueriesAsync(TargetContainer target, string name, Func<Task> work)
    {
        string process = (await Podman.RunAsync("inspect", "--format={{.State.Pid}}", target.Name)).Succeeded().Output.Trim();
        using Process queries = HostCommand.Start(HostCommand.AsRoot(
            "nsenter", "--target", process, "--net", "python3", "-c", Queries, $"http://localhost:80/{TargetContainer.Prefix}/prometheus"));
        await work();
        queries.StandardInput.Close();
        string[] figures = (await queries.StandardOutput.ReadToEndAsync()).Split(' ', StringSplitOptions.TrimEntries);
        Assert.True(figures.Length == 2, await queries.StandardError.ReadToEndAsync());
        _timings.Add($"p50 of queries (ms) beside {name}", double.Parse(figures[0], CultureInfo.InvariantCulture));
        _timings.Add($"p99 of queries (ms) beside {name}", double.Parse(figures[1], CultureInfo.InvariantCulture));
    }

    private async Task TimeAsync(string name, Func<Task> work)
    {
        long startedAt = Stopwatch.GetTimestamp();
        await work();
        _timings.Add(name, Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
    }

    private void Show(string title) => TestContext.Current.SendDiagnosticMessage($"{title}\n\n| what | median |\n| --- | ---: |\n" + string.Concat(
        _timings.Names.Select(name => string.Create(CultureInfo.InvariantCulture, $"| {name} | {_timings.Median(name):0.00} |\n"))));
}
