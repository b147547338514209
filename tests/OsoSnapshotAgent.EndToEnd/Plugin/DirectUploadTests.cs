using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary><c>take --direct</c>: the agent in a real container sends its blocks to a real S3 server.</summary>
public sealed class DirectUploadTests(S3Server server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("websocket")]
    [InlineData("kubectl")]
    public async Task A_backup_goes_from_the_pod_to_the_bucket_and_comes_back_and_no_address_is_shown_anywhere(string exec)
    {
        string place = $"s3://{await server.MakeBucketAsync()}/nightly";
        await using TargetContainer target = await TargetContainer.StartAsync();
        using StoreRelay relay = await StoreRelay.StartAsync(target, server.Endpoint);
        using Cluster cluster = Connected(target, server.Endpoint);
        BackupFolder backup = new(cluster);

        CommandResult take = await TakeAsync(cluster, place, "--direct=only", "--keep", "--resident", "--exec", exec);

        await backup.KeepSnapshotAsync(target, "restored");
        Assert.True((int)JsonNode.Parse(Assert.Single(take.Succeeded().Lines))!["copiedBlocks"]! > 0);
        Assert.DoesNotContain(cluster.Exports, export => export.Passed > 0);
        Assert.Contains(" is sound: 1 snapshot", (await cluster.RunAsync("verify", place, "--deep")).Succeeded().Output, StringComparison.Ordinal);
        (await cluster.RunAsync("restore", place, "restored")).Succeeded();
        (await HostCommand.RunAsync("diff", "-r", backup.PathOf("restored.snapshot"), backup.PathOf("restored"))).Succeeded();
        CommandResult log = await cluster.RunKubectlAsync("logs", Cluster.Pod, "-c", Assert.Single(cluster.Containers));
        CommandResult status = await cluster.RunKubectlAsync("exec", Cluster.Pod, "-c", cluster.Containers[0], "--", "oso-snapshot", "status", "--json");
        string shown = take.Output + take.Error + log.Succeeded().Output + log.Error + status.Output + status.Error + string.Join('\n', cluster.Requests);
        Assert.DoesNotContain("X-Amz-", shown, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Signature", shown, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_store_with_an_authority_of_its_own_is_reached_from_the_pod_too()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using TargetContainer target = await TargetContainer.StartAsync();
        (string authority, string certificate) = await CertificateAsync(target);
        using StoreRelay relay = await StoreRelay.StartAsync(target, server.Endpoint, certificate);
        using Cluster cluster = Connected(target, relay.Endpoint);

        (await TakeAsync(cluster, place, "--direct=only", "--s3-ca-file", authority)).Succeeded();

        (await cluster.RunAsync("verify", place, "--deep", "--s3-ca-file", authority)).Succeeded();
        CommandResult unknown = await TakeAsync(cluster, place, "--direct");
        Assert.Equal(1, unknown.ExitStatus);
        Assert.Contains("can't be reached", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_the_pod_can_t_reach_gets_the_blocks_through_the_client_unless_that_is_forbidden()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = Connected(target, server.Endpoint);

        CommandResult refused = await TakeAsync(cluster, place, "--direct=only");

        Assert.Equal(1, refused.ExitStatus);
        Assert.Contains($"The pod can't send blocks to {server.Endpoint.ToString().TrimEnd('/')}: ", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Connection refused", refused.Error, StringComparison.Ordinal);
        Assert.Contains("leave out =only", refused.Error, StringComparison.Ordinal);
        CommandResult through = (await TakeAsync(cluster, place, "--direct")).Succeeded();
        Assert.Contains("They go through this machine", through.Error, StringComparison.Ordinal);
        (await cluster.RunAsync("verify", place, "--deep")).Succeeded();
        Assert.Single(cluster.Containers);
    }

    [Fact]
    public async Task After_a_kill_of_the_client_the_same_command_sends_only_the_parts_that_the_bucket_lacks()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using FaultProxy proxy = new(server.Endpoint);
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = 120_000_000, BlockCount = 1 });
        using StoreRelay relay = await StoreRelay.StartAsync(target, proxy.Endpoint);
        using Cluster cluster = Connected(target, proxy.Endpoint);
        proxy.Add(new() { Matches = IsPart, Delay = TimeSpan.FromSeconds(1), Times = 4 });
        using (Process take = cluster.Start("take", Cluster.Pod, "--into", place, "--direct=only", "-q", "--streams", "1"))
        {
            take.StandardInput.Close();
            await Eventually.HoldsAsync(() => Task.FromResult(proxy.Requests.Count(IsPart) >= 3), () => "no third part");
            await HostCommand.RunAsync("kill", "-KILL", "--", $"-{take.Id}");
            await take.WaitForExitAsync(Token);
        }

        (await TakeAsync(cluster, place, "--direct=only")).Succeeded();

        // The part at the moment of the kill may be sent twice.
        string[] parts = [.. proxy.Requests.Where(IsPart).Select(request => request.Target.Split("X-Amz")[0])];
        Assert.InRange(parts.Length - parts.Distinct().Count(), 0, 1);
        Assert.Single(cluster.Containers);
        (await cluster.RunAsync("verify", place, "--deep")).Succeeded();

        static bool IsPart(ProxyRequest request) =>
            request.Method == "PUT" && request.Target.Contains("partNumber=", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_that_is_damaged_on_Prometheus_own_disk_is_sent_and_told_with_status_10()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using TargetContainer target = await TargetContainer.StartAsync();
        using StoreRelay relay = await StoreRelay.StartAsync(target, server.Endpoint);
        using Cluster cluster = Connected(target, server.Endpoint);
        string chunks = Directory.EnumerateFiles(target.Data, "000001", SearchOption.AllDirectories).First(path => !path.Contains("wal", StringComparison.Ordinal));
        await RootShell.RunAsync("printf x | dd of=$0 bs=1 seek=200 conv=notrunc", chunks);

        CommandResult take = await TakeAsync(cluster, place, "--direct=only");

        Assert.True(take.ExitStatus == 10, $"status {take.ExitStatus}: {take.Error}");
        Assert.Contains("blocks that are damaged on Prometheus' own disk", take.Error, StringComparison.Ordinal);
        Assert.Contains("chunks/000001", take.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Direct_is_refused_for_a_directory()
    {
        using Cluster cluster = new();

        CommandResult take = await cluster.RunAsync("take", Cluster.Pod, "--into", "B", "--direct");

        CommandResult restore = await cluster.RunAsync("restore", "B", "--into", Cluster.Pod, "--direct=only");
        CommandResult here = await cluster.RunAsync("restore", "s3://b/p", "restored", "--direct");

        Assert.Equal((2, 2, 2), (take.ExitStatus, restore.ExitStatus, here.ExitStatus));
        Assert.Contains("--direct needs --into s3://BUCKET/PREFIX", take.Error, StringComparison.Ordinal);
        Assert.Contains("--direct needs s3://BUCKET/PREFIX as SOURCE", restore.Error, StringComparison.Ordinal);
        Assert.Contains("--direct needs --into POD", here.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Requests);
    }

    internal static Cluster Connected(TargetContainer target, Uri endpoint) => new(target) { OwnVariables = Variables(endpoint) };

    internal static Dictionary<string, string> Variables(Uri endpoint) => new()
    {
        ["AWS_ENDPOINT_URL_S3"] = $"{endpoint}",
        ["AWS_ACCESS_KEY_ID"] = S3Server.AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = S3Server.SecretKey,
        ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    /// <returns>The file of a certificate for localhost, and the same with its key.</returns>
    internal static async Task<(string Authority, string Certificate)> CertificateAsync(TargetContainer target)
    {
        ServerCertificate made = ServerCertificate.Make("localhost");
        (string authority, string certificate) = (target.PathOf("store.pem"), target.PathOf("store-key.pem"));
        await File.WriteAllTextAsync(authority, made.Certificate, Token);
        await File.WriteAllTextAsync(certificate, made.Certificate + "\n" + made.Key, Token);
        return (authority, certificate);
    }

    private static Task<CommandResult> TakeAsync(Cluster cluster, string place, params string[] options) =>
        cluster.RunAsync(["take", Cluster.Pod, "--into", place, "--output", "json", .. options]);
}
