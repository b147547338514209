using System.IO.Compression;
using System.Security.Cryptography;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using TsdbGenerator;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Rights that are missing, clocks that are wrong, and clients that disturb each other, on a real S3 server.</summary>
public sealed class S3FaultTests(S3Server server)
{
    private const string Later = "20261122T112657Z-0eb533ff8d43ed64";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_the_right_to_write_a_take_names_the_right_and_what_is_there_can_be_read()
    {
        using BackupSample sample = new(await server.MakePlaceAsync());
        await sample.BackUpAsync(sample.Database("one", blocks: 1));
        await DenyAsync(sample.Place, "s3:PutObject");

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(
            () => sample.BackUpAsync(sample.Database("two", blocks: 1, seed: 2), Later));

        Assert.Contains("403 AccessDenied: the credentials lack a right", failure.Message, StringComparison.Ordinal);
        Assert.Contains("s3:PutObject", failure.Remedy, StringComparison.Ordinal);

        // The gateway takes the rest of the refused upload for a request, so another connection is needed.
        UriBuilder other = new(server.Endpoint) { Host = "localhost" };
        Assert.Contains("is sound: 1 snapshot, 1 block.", Verified(sample.Place with { S3 = sample.Place.S3 with { Endpoint = other.Uri } }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("+2h")]
    [InlineData("-2h")]
    [InlineData("+12m")]
    [InlineData("-12m")]
    public async Task With_a_wrong_clock_nothing_is_deleted_and_everything_can_be_read(string difference)
    {
        string library = Path.Combine(Cache.PathOf("OSO_FAKETIME_ROOT", "faketime"), "libfaketime.so.1");
        Assert.SkipUnless(File.Exists(library), $"There is no {library}: run tests/fetch-faketime.sh.");
        using BackupSample sample = new(await server.MakePlaceAsync());
        await sample.BackUpAsync(sample.Database("one", blocks: 1));
        await sample.BackUpAsync(sample.Database("two", blocks: 1, seed: 2), Later);

        CommandResult prune = await RunAsync("prune", sample.Place.Path, "--keep-last", "1");
        CommandResult backups = await RunAsync("backups", sample.Place.Path, "-o", "json");

        Assert.Equal(1, prune.ExitStatus);
        Assert.Contains("The clock of this machine is ", prune.Error, StringComparison.Ordinal);
        Assert.Equal(2, backups.Succeeded().Lines.Count);

        Task<CommandResult> RunAsync(params string[] words) => HostCommand.RunAsync(
            [
                "env", $"LD_PRELOAD={library}", $"FAKETIME={difference}", "FAKETIME_DONT_FAKE_MONOTONIC=1",
                .. server.Variables.Select(variable => $"{variable.Key}={variable.Value}"),
                Path.Combine(AppContext.BaseDirectory, "kubectl-oso_snapshot"), .. words,
            ]);
    }

    [Fact]
    public async Task Another_archive_of_a_block_that_appears_while_the_own_one_is_sent_is_used()
    {
        using BackupSample sample = new(await server.MakePlaceAsync());
        HeldDatabase database = sample.Database("one", blocks: 1);
        SnapshotBlock block = Assert.Single(database.Blocks);
        Assert.True(BlockName.TryParse(block.Ulid, block.Fingerprint, out BlockName name));
        byte[] other = database.Pack(block.Ulid, CompressionLevel.SmallestSize);
        database.Fault = (_, _, _) =>
        {
            using IBackupStore store = sample.Place.OpenToAdd(_ => { }, Token);
            store.Write(name.Path, other);
            return null;
        };

        BackedUp outcome = await sample.BackUpAsync(database);

        Assert.Equal(0, outcome.CopiedBlocks);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(other)), $"{Assert.Single(outcome.List.Blocks).Sha256}");
        Assert.Contains("is sound: 1 snapshot, 1 block.", Verified(sample.Place), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Eight_clients_of_two_clusters_that_are_cancelled_leave_every_list_complete()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("OSO_TEST_SEED"), out int given) ? given : Environment.TickCount & 0xFFFF;
        TestContext.Current.TestOutputHelper?.WriteLine($"OSO_TEST_SEED={seed}");
        using BackupSample sample = new(await server.MakePlaceAsync());

        // The pods of both clusters have the same blocks.
        HeldDatabase[] databases = [.. Enumerable.Range(0, 4).Select(pod => sample.Database($"data-{pod}", seed: (ulong)pod + 1))];
        int[] cancelled = await Task.WhenAll(Enumerable.Range(0, 8).Select(client => Task.Run(
            () => BackUpAsync(sample, databases[client % 4], $"c{client / 4}/oso.pod-{client % 4}", new(seed + client)), Token)));

        Assert.True(cancelled.Sum() > 0, $"No client was cancelled; OSO_TEST_SEED={seed}");
        Assert.Contains("is sound: 8 snapshots, 8 blocks.", Verified(sample.Place), StringComparison.Ordinal);
    }

    // Returns how often the client was cancelled.
    private static async Task<int> BackUpAsync(BackupSample sample, HeldDatabase database, string pod, Random random)
    {
        int count = 0;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            using CancellationTokenSource kill = CancellationTokenSource.CreateLinkedTokenSource(Token);
            kill.CancelAfter(random.Next(1500));
            try
            {
                await sample.BackUpAsync(database, pod: pod, token: kill.Token);
            }
            catch (OperationCanceledException)
            {
                count++;
            }
        }

        await sample.BackUpAsync(database, pod: pod);
        return count;
    }

    private static string Verified(BackupPlace place)
    {
        using StringWriter said = new();
        new BackupVerify(place, said, ascii: false, VerifyDepth.Deep).Run(Token);
        return said.ToString();
    }

    private async Task DenyAsync(BackupPlace place, string right)
    {
        string bucket = S3Address.Parse(place.Path).Bucket;
        string policy = Path.GetTempFileName();
        byte[] content = System.Text.Encoding.ASCII.GetBytes(
            """{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["RIGHT"],"Resource":["arn:aws:s3:::BUCKET/*"]}]}"""
                .Replace("RIGHT", right, StringComparison.Ordinal).Replace("BUCKET", bucket, StringComparison.Ordinal));
        await File.WriteAllBytesAsync(policy, content, Token);
        (await HostCommand.RunAsync(
            "curl", "--fail-with-body", "--silent", "--show-error", "--request", "PUT", "--data-binary", $"@{policy}",
            "--header", "Content-Type: application/json", "--header", $"x-amz-content-sha256: {Convert.ToHexStringLower(SHA256.HashData(content))}",
            "--aws-sigv4", $"aws:amz:{S3Server.Region}:s3", "--user", $"{S3Server.AccessKey}:{S3Server.SecretKey}",
            $"{server.Endpoint.ToString().TrimEnd('/')}/{bucket}?policy=")).Succeeded();
        File.Delete(policy);
    }
}

/// <summary>A gateway that is killed while a backup goes into its bucket.</summary>
[Collection(nameof(S3Outage))]
public sealed class S3KillTests(S3Server server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_the_gateway_was_killed_the_same_command_continues_the_upload(bool comesBack)
    {
        BackupPlace place = await server.MakePlaceAsync();
        await using FaultProxy proxy = new(server.Endpoint);
        using BackupSample sample = new(place with { S3 = place.S3 with { Endpoint = proxy.Endpoint } });
        BlockGenerator.Generate(new GeneratorOptions { Directory = sample.PathOf("large"), BlockCount = 1, SizeBytes = 60_000_000, Seed = 7 });
        HeldDatabase database = new(sample.PathOf("large"));
        int parts = 0;
        Task killing = Task.CompletedTask;
        proxy.Add(new() { Matches = request => IsPart(request) && Interlocked.Increment(ref parts) == 3 && StartKill(), Delay = TimeSpan.FromSeconds(1) });

        Exception? failure = await Record.ExceptionAsync(() => sample.BackUpAsync(database, streams: 1));
        await killing;
        await server.StartAgainAsync();
        await sample.BackUpAsync(database);

        Assert.True(parts >= 3);
        if (failure is not null)
        {
            Assert.Contains("can't be", Assert.IsType<OperatorException>(failure).Message, StringComparison.Ordinal);
            Assert.Contains("run the same command again", ((OperatorException)failure).Remedy, StringComparison.Ordinal);
        }

        Assert.True(comesBack || failure is not null, "The take ended without a gateway.");
        using StringWriter said = new();
        new BackupVerify(sample.Place, said, ascii: false, VerifyDepth.Deep).Run(Token);
        Assert.Contains("is sound: 1 snapshot, 1 block.", said.ToString(), StringComparison.Ordinal);

        bool StartKill()
        {
            killing = Task.Run(KillAsync, Token);
            return true;
        }

        async Task KillAsync()
        {
            await server.KillAsync("rgw");
            if (comesBack)
            {
                await server.StartAgainAsync();
            }
        }
    }

    private static bool IsPart(ProxyRequest request) =>
        request.Method == "PUT" && request.Target.Contains("partNumber=", StringComparison.Ordinal);
}
