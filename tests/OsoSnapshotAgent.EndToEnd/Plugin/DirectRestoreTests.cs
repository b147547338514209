using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary><c>restore --direct</c>: the agent in a real container fetches its blocks from a real S3 server.</summary>
public sealed class DirectRestoreTests(S3Server server)
{
    // A request for 4 blocks, and their addresses.
    private const int MaxTalkBytes = 20_000;

    // The pod asks for the rest after each.
    private const int Cuts = 4;

    [Fact]
    public async Task Blocks_go_from_the_bucket_into_the_running_server_or_through_the_client_where_the_pod_can_t_reach_it()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using TargetContainer from = await TargetContainer.StartAsync(new() { BlockBytes = 2_000_000 });
        await using TargetContainer near = await TargetContainer.StartAsync(BackupFolder.Scraping with { BlockCount = 0 });
        await using TargetContainer far = await TargetContainer.StartAsync(BackupFolder.Scraping with { BlockCount = 0 });
        (string authority, string certificate) = await DirectUploadTests.CertificateAsync(near);
        await using FaultProxy proxy = new(server.Endpoint);
        using StoreRelay relay = await StoreRelay.StartAsync(near, proxy.Endpoint, certificate);
        proxy.Add(new() { Matches = IsFetch, CutAnswerAt = 60_000, Times = Cuts });
        string[] options = ["--s3-endpoint", $"{relay.Endpoint}", "--s3-ca-file", authority];
        using (Cluster origin = DirectUploadTests.Connected(from, server.Endpoint))
        {
            (await origin.RunAsync(["take", Cluster.Pod, "--into", place, .. options])).Succeeded();
        }

        string[] samples = await LiveHistory.DumpAsync(PrometheusVersion.V2_42, from.Data);
        await Task.WhenAll(ReachedAsync(), UnreachedAsync());

        async Task ReachedAsync()
        {
            using Cluster cluster = Connected(near);
            CommandResult restore = (await cluster.RunAsync(
                ["restore", place, "--into", Cluster.Pod, "--direct=only", "-v", .. options])).Succeeded();

            Assert.Contains($"✅ {Cluster.Pod}: 2 blocks back", restore.Error, StringComparison.Ordinal);
            Assert.InRange(cluster.ReceivedBytes, 1, MaxTalkBytes);
            Assert.Equal(2 + Cuts, proxy.Requests.Count(IsFetch));
            Assert.Empty(samples.Except(await LiveHistory.DumpAsync(PrometheusVersion.V2_42, near.Data)));
            CommandResult log = await cluster.RunKubectlAsync("logs", Cluster.Pod, "-c", Assert.Single(cluster.Containers));
            string shown = restore.Output + restore.Error + log.Succeeded().Output + log.Error + string.Join('\n', cluster.Requests);
            Assert.DoesNotContain("X-Amz-", shown, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Signature", shown, StringComparison.OrdinalIgnoreCase);
        }

        async Task UnreachedAsync()
        {
            using Cluster cluster = Connected(far);
            CommandResult refused = await cluster.RunAsync(["restore", place, "--into", Cluster.Pod, "--direct=only", .. options]);
            Assert.Equal(1, refused.ExitStatus);
            Assert.Contains($"The pod can't fetch blocks from {relay.Endpoint.ToString().TrimEnd('/')}: ", refused.Error, StringComparison.Ordinal);
            Assert.Contains("Connection refused", refused.Error, StringComparison.Ordinal);
            Assert.Contains("leave out =only", refused.Error, StringComparison.Ordinal);
            Assert.InRange(cluster.ReceivedBytes, 1, MaxTalkBytes);

            CommandResult through = (await cluster.RunAsync(["restore", place, "--into", Cluster.Pod, "--direct", .. options])).Succeeded();

            Assert.Contains("They go through this machine", through.Error, StringComparison.Ordinal);
            Assert.InRange(cluster.ReceivedBytes, MaxTalkBytes, long.MaxValue);
            Assert.Empty(samples.Except(await LiveHistory.DumpAsync(PrometheusVersion.V2_42, far.Data)));
        }

        static bool IsFetch(ProxyRequest request) =>
            request.Method == "GET" && request.Target.Contains("X-Amz-Signature=", StringComparison.Ordinal);

        Cluster Connected(TargetContainer target) => new(target)
        {
            OwnVariables = DirectUploadTests.Variables(server.Endpoint),
        };
    }
}
