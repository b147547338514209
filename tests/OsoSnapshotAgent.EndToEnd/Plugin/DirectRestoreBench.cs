using System.Diagnostics;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Measures a restore from a bucket by turns with and without --direct. Run it with "-explicit only -diagnostics". The
/// variables are those of <see cref="DirectBench"/>.
/// </summary>
public sealed class DirectRestoreBench(S3Server server)
{
    private const int Blocks = 4;

    private readonly Timings _timings = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task A_restore_from_a_bucket_with_and_without_direct()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        long bytes = ClientBench.Number("OSO_BENCH_DIRECT_BYTES", "800000000");
        await using (TargetContainer from = await TargetContainer.StartAsync(new() { BlockCount = Blocks, BlockBytes = bytes }))
        {
            using Cluster origin = DirectUploadTests.Connected(from, server.Endpoint);
            (await origin.RunAsync("take", Cluster.Pod, "-q", "--into", place)).Succeeded();
        }

        for (int round = 0; round < ClientBench.Number("OSO_BENCH_ROUNDS", "3"); round++)
        {
            _timings.Add("restore --into", await RestoreAsync(place));
            _timings.Add("restore --into --direct", await RestoreAsync(place, "--direct=only"));
        }

        TestContext.Current.SendDiagnosticMessage(
            $"{bytes} bytes in {Blocks} blocks from radosgw; load {(await File.ReadAllTextAsync("/proc/loadavg", Token))[..14]}"
            + "\n\n| what | median |\n| --- | ---: |\n"
            + string.Concat(_timings.Names.Select(name => FormattableString.Invariant($"| {name} | {_timings.Median(name):0.00} |\n"))));
    }

    // The seconds from the plan until each block is in place. Prometheus looks for them once a minute.
    private async Task<double> RestoreAsync(string place, params string[] options)
    {
        await using TargetContainer target = await TargetContainer.StartAsync(BackupFolder.Scraping with { BlockCount = 0 });
        using StoreRelay relay = await StoreRelay.StartAsync(target, server.Endpoint);
        using Cluster cluster = DirectUploadTests.Connected(target, server.Endpoint);
        using Process restore = cluster.Start(["restore", place, "--into", Cluster.Pod, "-v", .. options]);
        restore.StandardInput.Close();
        long startedAt = 0;
        for (int left = Blocks; left > 0;)
        {
            string line = await restore.StandardError.ReadLineAsync(Token) ?? throw new InvalidOperationException("The restore ended.");
            startedAt = line.Contains(" to restore, ", StringComparison.Ordinal) ? Stopwatch.GetTimestamp() : startedAt;
            left -= line.Contains(" is back: ", StringComparison.Ordinal) ? 1 : 0;
        }

        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        await HostCommand.RunAsync("kill", "-KILL", "--", $"-{restore.Id}");
        return seconds;
    }
}
