using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Clients of two clusters that share a bucket, and are killed beside prunes.</summary>
public sealed class BucketCrashTests(S3Server server)
{
    private const int Clients = 8;
    private const int PodsOfCluster = 5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>OSO_TEST_CLIENT_KILLS is the number of kills for each pod.</summary>
    [Fact]
    public async Task Eight_clients_that_are_killed_at_random_moments_beside_prunes_leave_every_list_complete()
    {
        int kills = Number("OSO_TEST_CLIENT_KILLS", 1);
        int seed = Number("OSO_TEST_SEED", Environment.TickCount & 0xFFFF);
        TestContext.Current.SendDiagnosticMessage($"OSO_TEST_SEED={seed}");
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        TargetContainer[] targets = await Task.WhenAll(Enumerable.Range(0, 2 * PodsOfCluster).Select(_ => TargetContainer.StartAsync()));
        await using AsyncDisposables all = new(targets);
        using Cluster east = new(targets[..PodsOfCluster]) { OwnVariables = server.Variables };
        using Cluster west = new(targets[PodsOfCluster..]) { OwnVariables = server.Variables };
        ConcurrentQueue<(Cluster Cluster, string[] Take, Random Random)> pods = new(
            from pod in Enumerable.Range(0, 2 * PodsOfCluster)
            let cluster = pod % 2 == 0 ? (At: east, Name: "east") : (At: west, Name: "west")
            let take = new[] { "take", $"oso-p-prom-svr-{pod / 2}", "--into", place, "--cluster", cluster.Name, "-q" }
            select (cluster.At, take, new Random(seed + pod)));

        Task<int>[] clients = [.. Enumerable.Range(0, Clients).Select(_ => TakeAllAsync(pods, kills))];
        List<int> prunes = [];
        while (!Array.TrueForAll(clients, client => client.IsCompleted))
        {
            prunes.Add((await east.RunAsync("prune", place, "--keep-last", "1")).ExitStatus);
        }

        int killed = (await Task.WhenAll(clients)).Sum();
        TestContext.Current.SendDiagnosticMessage($"{killed} kills, {prunes.Count} prunes");

        // 2: there is no backup yet.
        Assert.All(prunes, prune => Assert.True(prune is 0 or 2, $"OSO_TEST_SEED={seed}: prune ended with {prune}"));
        Assert.Contains(0, prunes);
        Assert.True(killed > 0, $"OSO_TEST_SEED={seed}: no client was killed");
        foreach (string[] depth in (string[][])[[], ["--deep"]])
        {
            CommandResult verify = await east.RunAsync(["verify", place, .. depth]);
            Assert.True(verify.ExitStatus == 0, $"OSO_TEST_SEED={seed}: {verify.Output}{verify.Error}");
        }

        CommandResult backups = (await east.RunAsync("backups", place, "--output", "json")).Succeeded();
        Assert.Equal(2 * PodsOfCluster, backups.Lines.Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!["pod"]!.ToString()).Distinct().Count());
    }

    // Returns how many clients were killed at work. Each pod's last client is left alone.
    private static async Task<int> TakeAllAsync(
        ConcurrentQueue<(Cluster Cluster, string[] Take, Random Random)> pods, int kills)
    {
        int killed = 0;
        while (pods.TryDequeue(out (Cluster Cluster, string[] Take, Random Random) pod))
        {
            for (int kill = 0; kill < kills; kill++)
            {
                using Process take = pod.Cluster.Start(pod.Take);
                take.StandardInput.Close();
                await Task.WhenAny(take.WaitForExitAsync(Token), Task.Delay(pod.Random.Next(8000), Token));
                killed += take.HasExited ? 0 : 1;
                await HostCommand.RunAsync("kill", "-KILL", "--", $"-{take.Id}");
                await take.WaitForExitAsync(Token);
            }

            (await pod.Cluster.RunAsync(pod.Take)).Succeeded();
        }

        return killed;
    }

    private static int Number(string variable, int otherwise) => int.TryParse(
        Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private sealed class AsyncDisposables(IReadOnlyList<IAsyncDisposable> all) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Task.WhenAll(all.Select(one => one.DisposeAsync().AsTask()));
    }
}
