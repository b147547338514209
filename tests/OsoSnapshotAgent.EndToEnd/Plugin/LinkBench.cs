using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Measures by turns how many connections are fastest over a link with delay (link.py, delay.c). Run it with
/// "-explicit only -diagnostics". OSO_BENCH_CLIENT_BYTES is the size of the blocks, OSO_BENCH_ROUNDS the number of
/// rounds.
/// </summary>
public sealed class LinkBench
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Plugin", "link.py");

    private readonly Timings _timings = new();

    [Theory(Explicit = true)]
    [InlineData(20)]
    [InlineData(80)]
    [InlineData(200)]
    public async Task Copies_with_several_connections(int milliseconds)
    {
        long bytes = ClientBench.Number("OSO_BENCH_CLIENT_BYTES", "400000000");
        await using TargetContainer target = await TargetContainer.StartAsync(new TargetOptions { BlockBytes = bytes });
        using Cluster cluster = new(target)
        {
            Timeout = TimeSpan.FromMinutes(10),
            OwnVariables = new Dictionary<string, string> { ["OSO_PLUGIN_STALL_SECONDS"] = "30" },
        };
        (await cluster.RunAsync("take", Cluster.Pod, "--keep", "--resident")).Succeeded();
        using Process link = await StartLinkAsync(cluster, milliseconds);
        for (int round = 0; round < ClientBench.Number("OSO_BENCH_ROUNDS", "3"); round++)
        {
            foreach (string streams in (string[])["1", "2", "4", "8"])
            {
                Array.ForEach(Directory.GetFiles(cluster.Folder, "*.tgz*"), File.Delete);
                long startedAt = Stopwatch.GetTimestamp();
                (await cluster.RunAsync("take", Cluster.Pod, "--keep", "--reuse", "--streams", streams)).Succeeded();
                double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
                _timings.Add("--streams " + streams, seconds);
                TestContext.Current.SendDiagnosticMessage(FormattableString.Invariant($"--streams {streams}: {seconds:0.0} s"));
                (await HostCommand.RunAsync("cmp", target.Archive, cluster.Archive)).Succeeded();
            }
        }

        link.StandardInput.Close();
        await link.WaitForExitAsync(TestContext.Current.CancellationToken);
        string table = string.Concat(_timings.Names.Select(name => string.Create(
            CultureInfo.InvariantCulture,
            $"| {milliseconds} ms | {name} | {_timings.Median(name):0.0} s | {_timings.Median(name) / _timings.Median("--streams 1"):0.00} |\n")));
        TestContext.Current.SendDiagnosticMessage(
            $"an archive of {new FileInfo(target.Archive).Length} bytes\n\n| round trip | variant | median | × 1 |\n| ---: | --- | ---: | ---: |\n{table}");
    }

    private static async Task<Process> StartLinkAsync(Cluster cluster, int milliseconds)
    {
        string program = Path.Combine(cluster.Folder, "delay");
        (await HostCommand.RunAsync("clang", "-O2", "-o", program, Path.Combine(AppContext.BaseDirectory, "Plugin", "delay.c"))).Succeeded();
        Process link = HostCommand.Start(HostCommand.AsRoot("python3", Script, program, $"{milliseconds}", $"{cluster.Address.Port}"));
        cluster.Serve(new Uri($"http://127.0.0.1:{await link.StandardOutput.ReadLineAsync()}"));
        return link;
    }
}
