using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Restore;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>The client's verbs on a bucket of a real S3 server.</summary>
public sealed class BucketTests(S3Server server)
{
    private const long MaxMemoryBytes = 150 * 1024 * 1024;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_goes_into_a_bucket_and_comes_back_and_the_next_one_carries_only_what_is_new()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/nightly";
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = Connected(target);
        BackupFolder backup = new(cluster);

        JsonNode first = await TakeAsync(cluster, place, "--keep");
        await backup.KeepSnapshotAsync(target, "restored");
        (await cluster.RunAsync("restore", place, "restored")).Succeeded();
        (await HostCommand.RunAsync("diff", "-r", backup.PathOf("restored.snapshot"), backup.PathOf("restored"))).Succeeded();
        JsonNode second = await TakeAsync(cluster, place, "--keep");

        Assert.True((int)first["copiedBlocks"]! > 0);
        Assert.Equal(0, (int)second["copiedBlocks"]!);
        Assert.StartsWith($"{place}/snapshots/{ApiServer.ApiServer.ClusterUid}/oso.{Cluster.Pod}/", (string)second["file"]!, StringComparison.Ordinal);
        CommandResult verify = (await cluster.RunAsync("verify", place, "--deep")).Succeeded();
        Assert.Contains(" is sound: 2 snapshots", verify.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await cluster.RunAsync("backups", place, "--output", "json")).Succeeded().Lines.Count);
        CommandResult prune = (await cluster.RunAsync("prune", place, "--keep-last", "1")).Succeeded();
        Assert.Contains("Deleted 1 snapshot of 2, 0 blocks", prune.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_archive_goes_straight_into_a_bucket(bool isStream)
    {
        string bucket = await server.MakeBucketAsync();
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = Connected(target);

        JsonNode result = JsonNode.Parse(Assert.Single((await cluster.RunAsync(
            ["take", Cluster.Pod, "-o", $"s3://{bucket}/archives/", "--output", "json", .. isStream ? (string[])["--stream"] : []])).Succeeded().Lines))!;

        Assert.Equal($"s3://{bucket}/archives/{Cluster.Pod}-snapshots.tgz", (string?)result["file"]);
        byte[] archive = await DownloadAsync($"{bucket}/archives/{Cluster.Pod}-snapshots.tgz");
        Assert.Equal((long)result["bytes"]!, archive.Length);
        string copy = Path.Combine(cluster.Folder, $"{Cluster.Pod}-snapshots.tgz");
        await File.WriteAllBytesAsync(copy, archive, Token);
        await File.WriteAllBytesAsync(copy + ".sha256", await DownloadAsync($"{bucket}/archives/{Cluster.Pod}-snapshots.tgz.sha256"), Token);
        Assert.Contains(" is sound.", (await cluster.RunAsync("verify", copy)).Succeeded().Output, StringComparison.Ordinal);
        CommandResult again = await cluster.RunAsync("take", Cluster.Pod, "-o", $"s3://{bucket}/archives/");
        Assert.Equal(2, again.ExitStatus);
        Assert.Contains("is already there", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_kills_at_random_moments_every_list_is_complete_and_the_same_command_ends_the_backup()
    {
        long kills = Number("OSO_TEST_CLIENT_KILLS", 3);
        int seed = (int)Number("OSO_TEST_SEED", Environment.TickCount & 0xFFFF);
        Random random = new(seed);
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = Connected(target);
        for (int kill = 0; kill < kills; kill++)
        {
            using Process take = cluster.Start("take", Cluster.Pod, "--into", place, "--keep", "-q");
            take.StandardInput.Close();
            await Task.WhenAny(take.WaitForExitAsync(Token), Task.Delay(random.Next(4000), Token));
            await HostCommand.RunAsync("kill", "-KILL", "--", $"-{take.Id}");
            await take.WaitForExitAsync(Token);
            CommandResult verify = await cluster.RunAsync("verify", place, "--deep");
            Assert.True(verify.ExitStatus is 0 or 2 or 7, $"OSO_TEST_SEED={seed}, kill {kill}: {verify.Output}{verify.Error}");
        }

        await TakeAsync(cluster, place);
        (await cluster.RunAsync("verify", place, "--deep")).Succeeded();
    }

    [Fact]
    public async Task The_nightly_job_s_commands_run()
    {
        string bucket = await server.MakeBucketAsync();
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = Connected(target);
        IReadOnlyList<string[]> commands = await Manifest.NightlyAsync(
            "bucket.yaml", new Dictionary<string, string> { ["BUCKET"] = $"s3://{bucket}/prometheus" });
        Assert.Equal(["take", "prune"], commands.Select(command => command[0]));

        foreach (string[] command in commands)
        {
            (await cluster.RunAsync(command)).Succeeded();
        }

        (await cluster.RunAsync("verify", $"s3://{bucket}/prometheus")).Succeeded();
    }

    [Fact]
    public async Task The_restore_job_reads_a_bucket()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = Connected(target);
        BackupFolder backup = new(cluster);
        await using RestoreJob job = new();
        await job.PrepareAsync();
        await TakeAsync(cluster, place, "--keep");
        await backup.KeepSnapshotAsync(target, "bucket");

        (await job.RunAsync(
            cluster.Folder,
            [place, $"--pod=oso.{Cluster.Pod}", "--at=2099-01-01T00:00:00Z"],
            ["--network=host", .. cluster.OwnVariables.Select(variable => $"--env={variable.Key}={variable.Value}")])).Succeeded();

        (await HostCommand.RunAsync("diff", "-r", backup.PathOf("bucket.snapshot"), job.DataDirectory)).Succeeded();
    }

    /// <summary>OSO_TEST_COPY_BYTES=1200000000 gives the figures of a database of that size.</summary>
    [Fact]
    public async Task A_backup_into_a_bucket_takes_little_memory_and_no_local_disk_and_the_next_one_sends_no_block()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        long bytes = Number("OSO_TEST_COPY_BYTES", 60_000_000);
        await using TargetContainer target = await TargetContainer.StartAsync(new() { BlockBytes = bytes });
        using Cluster cluster = Connected(target);

        (TimeSpan first, long most, JsonNode whole) = await MeasureAsync(cluster, place);
        (TimeSpan second, long _, JsonNode again) = await MeasureAsync(cluster, place);

        TestContext.Current.SendDiagnosticMessage(
            $"{bytes} bytes of blocks, bucket: first {first.TotalSeconds:F1} s, {(long)whole["copiedBytes"]!} bytes, {most >> 20} MiB of memory;"
            + $" second {second.TotalSeconds:F1} s, {(long)again["copiedBytes"]!} bytes");
        Assert.Equal(0, (int)again["copiedBlocks"]!);
        Assert.InRange(most, 1, MaxMemoryBytes);
        Assert.Empty(cluster.Files);
        JsonNode[] table = [.. (await cluster.RunAsync("backups", place, "--output", "json")).Succeeded().Lines.Select(line => JsonNode.Parse(line)!)];
        Assert.Equal([0L, 0], table.Select(line => (long)line["ownBytes"]!));
    }

    [Fact]
    public async Task Without_the_right_to_read_the_cluster_s_name_a_bucket_is_refused_until_the_name_is_given()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = Connected(target);
        cluster.Configure(new JsonObject { ["denied"] = new JsonArray("get namespaces") });

        CommandResult refused = await cluster.RunAsync("take", Cluster.Pod, "--into", place);
        Assert.Equal(2, refused.ExitStatus);
        Assert.Contains("give --cluster NAME", refused.Error, StringComparison.Ordinal);

        JsonNode named = await TakeAsync(cluster, place, "--cluster", "east");
        Assert.Contains("/snapshots/east/oso.", (string)named["file"]!, StringComparison.Ordinal);
        CommandResult local = (await cluster.RunAsync("take", Cluster.Pod, "--into", "B")).Succeeded();
        Assert.Contains("names no cluster", local.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_ends_the_run_and_the_same_command_continues_with_its_container()
    {
        string bucket = await server.MakeBucketAsync();
        await using FaultProxy proxy = new(server.Endpoint);
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = Connected(target, proxy.Endpoint);
        proxy.Add(new() { Matches = request => request.Method == "PUT" && request.Target.Contains("/blocks/", StringComparison.Ordinal), Status = 503, Times = 40 });

        CommandResult broken = await cluster.RunAsync("take", Cluster.Pod, "--into", $"s3://{bucket}/b", "--streams", "1");

        Assert.Equal(1, broken.ExitStatus);
        Assert.Contains("503", broken.Error, StringComparison.Ordinal);
        using Cluster healthy = Connected(target);
        (await cluster.RunAsync("take", Cluster.Pod, "--into", $"s3://{bucket}/b", "--s3-endpoint", $"{server.Endpoint}")).Succeeded();
        Assert.Single(cluster.Containers);
    }

    [Fact]
    public async Task A_bucket_gives_a_running_server_its_history_back()
    {
        string place = $"s3://{await server.MakeBucketAsync()}/b";
        await using TargetContainer target = await TargetContainer.StartAsync();
        await using TargetContainer empty = await TargetContainer.StartAsync(BackupFolder.Scraping with { BlockCount = 0 });
        using Cluster cluster = Connected(target);
        await TakeAsync(cluster, place);
        using Cluster other = Connected(empty);

        CommandResult restore = (await other.RunAsync("restore", place, "--into", Cluster.Pod)).Succeeded();

        Assert.Contains($"✅ {Cluster.Pod}: 2 blocks back", restore.Error, StringComparison.Ordinal);
        Assert.Equal("2", await LiveHistory.MetricAsync(empty, "prometheus_tsdb_blocks_loaded"));
    }

    private Cluster Connected(TargetContainer target, Uri? endpoint = null) => new(target)
    {
        OwnVariables = new Dictionary<string, string>(server.Variables)
        {
            ["AWS_ENDPOINT_URL_S3"] = $"{endpoint ?? server.Endpoint}",
        },
    };

    private static async Task<JsonNode> TakeAsync(Cluster cluster, string place, params string[] options) => JsonNode.Parse(Assert.Single(
        (await cluster.RunAsync(["take", Cluster.Pod, "--into", place, "--output", "json", .. options])).Succeeded().Lines))!;

    // The time, the most memory that the client had, and its result.
    private static async Task<(TimeSpan Time, long Memory, JsonNode Result)> MeasureAsync(Cluster cluster, string place)
    {
        long startedAt = Stopwatch.GetTimestamp();
        using Process take = cluster.Start("take", Cluster.Pod, "--into", place, "-q", "--output", "json");
        take.StandardInput.Close();
        long most = 0;
        while (!take.HasExited)
        {
            most = Math.Max(most, PeakOf(take.Id));
            await Task.WhenAny(take.WaitForExitAsync(Token), Task.Delay(20, Token));
        }

        Assert.Equal(0, take.ExitCode);
        TimeSpan time = Stopwatch.GetElapsedTime(startedAt);
        return (time, most, JsonNode.Parse(await take.StandardOutput.ReadToEndAsync(Token))!);
    }

    private async Task<byte[]> DownloadAsync(string path)
    {
        string file = Path.GetTempFileName();
        (await HostCommand.RunAsync(
            "curl", "--fail-with-body", "--silent", "--show-error", "--aws-sigv4", $"aws:amz:{S3Server.Region}:s3", "--output", file,
            "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--user", $"{S3Server.AccessKey}:{S3Server.SecretKey}", $"{server.Endpoint}{path}")).Succeeded();
        byte[] content = await File.ReadAllBytesAsync(file, Token);
        File.Delete(file);
        return content;
    }

    // The client is a child of a shell that leads its own group.
    private static long PeakOf(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static long Number(string variable, long otherwise) => long.TryParse(
        Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : otherwise;
}
