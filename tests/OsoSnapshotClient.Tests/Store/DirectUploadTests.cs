using System.Globalization;
using System.Text.RegularExpressions;
using Amazon.Runtime;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using TsdbGenerator;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Blocks that the agent sends itself, to a real S3 server, by addresses that the client signs.</summary>
public sealed class DirectUploadTests(S3Server server) : IAsyncLifetime
{
    private const string Later = "20261122T112657Z-0eb533ff8d43ed64";

    private FaultProxy _proxy = null!;
    private BackupSample _sample = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // What an earlier run has sent is sent again only if the bucket lacks it.
    private int Parts => _proxy.Requests.Count(
        request => request.Method == "PUT" && request.Target.Contains("partNumber=", StringComparison.Ordinal));

    public async ValueTask InitializeAsync()
    {
        string bucket = await server.MakeBucketAsync();
        _proxy = new(server.Endpoint);
        _sample = new(new($"s3://{bucket}/backups/one")
        {
            S3 = new() { Endpoint = _proxy.Endpoint, Credentials = new BasicAWSCredentials(S3Server.AccessKey, S3Server.SecretKey) },
        })
        {
            Direct = DirectUse.Preferred,
        };
    }

    public async ValueTask DisposeAsync()
    {
        _sample?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task Blocks_go_from_the_agent_to_the_bucket_and_come_back_equal()
    {
        HeldDatabase database = _sample.Database("data");
        database.Sender = new();

        BackedUp done = await _sample.BackUpAsync(database);

        Assert.Equal(2, done.CopiedBlocks);
        Assert.Empty(database.Exports);
        Assert.Contains("is sound: 1 snapshot, 2 blocks.", Verified(), StringComparison.Ordinal);
        Restored("data");
        BackedUp again = await _sample.BackUpAsync(database, Later);
        Assert.Equal(0, again.CopiedBlocks);
        Assert.Equal(2, database.Sender.Urls.Count);
    }

    [Fact]
    public async Task An_address_is_good_for_one_part_with_its_size_and_checksum_and_for_a_quarter_of_an_hour()
    {
        HeldDatabase database = Large();

        await _sample.BackUpAsync(database);

        Assert.InRange(database.Sender!.Urls.Count, 4, 100);
        Assert.All(database.Sender.Urls, url =>
        {
            Assert.Contains("X-Amz-SignedHeaders=content-length%3Bhost%3Bx-amz-checksum-sha256&", url, StringComparison.Ordinal);
            Assert.InRange(int.Parse(Regex.Match(url, "X-Amz-Expires=([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture), 890, 901);
        });
        Restored("large");
    }

    [Theory]
    [InlineData("body", "400", "BadDigest")]
    [InlineData("checksum", "403", "SignatureDoesNotMatch")]
    [InlineData("no checksum", "403", "SignatureDoesNotMatch")]
    [InlineData("length", "403", "SignatureDoesNotMatch")]
    public async Task What_is_not_as_it_was_signed_is_refused_and_the_blocks_go_through_this_machine(string what, string status, string code)
    {
        HeldDatabase database = _sample.Database("data");
        database.Sender = new() { Change = (request, part) => Spoil(request, part, what) };

        await _sample.BackUpAsync(database);

        string said = _sample.Said.ToString();
        Assert.Contains($"The pod can't send blocks to {_proxy.Endpoint.ToString().TrimEnd('/')}: it answers {status}", said, StringComparison.Ordinal);
        Assert.Contains(code, said, StringComparison.Ordinal);
        Assert.Single(said.Split("They go through this machine").Skip(1));
        Assert.NotEmpty(database.Exports);
        Restored("data");
        Assert.Empty(Uploads());
    }

    [Fact]
    public async Task A_run_that_broke_off_is_continued_and_no_part_is_sent_twice()
    {
        HeldDatabase database = Large();
        SendingAgent agent = database.Sender!;
        agent.Says = one => one.Part?.Number > 2 ? null : one;
        OperatorException broken = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));
        Assert.Contains("the connection broke", broken.Message, StringComparison.Ordinal);
        Assert.Equal(2, Parts);
        agent.Says = one => one;

        await _sample.BackUpAsync(database);

        int parts = (database.Archive(database.Blocks[0].Ulid).Length / S3SignedUpload.PartBytes) + 1;
        Assert.Equal(parts, Parts);
        Restored("large");
    }

    [Fact]
    public async Task A_connection_that_breaks_is_made_anew()
    {
        HeldDatabase database = Large();
        int sent = 0;
        database.Sender!.Says = one => one.Sent is not null && ++sent is 1 or 3 ? null : one;

        await _sample.BackUpAsync(database);

        Assert.Contains("connection broken", _sample.Said.ToString(), StringComparison.Ordinal);
        Restored("large");
    }

    [Fact]
    public async Task With_only_a_pod_that_can_t_reach_the_bucket_ends_the_run()
    {
        HeldDatabase database = _sample.Database("data");
        database.Sender = new() { Obstacle = "https://s3.example.com: its name can't be resolved" };
        _sample.Direct = DirectUse.Only;

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Contains("The pod can't send blocks to ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("its name can't be resolved", failure.Message, StringComparison.Ordinal);
        Assert.Contains("leave out =only", failure.Remedy, StringComparison.Ordinal);
        Assert.Empty(database.Exports);
    }

    [Fact]
    public async Task An_agent_that_knows_no_upload_is_told_and_the_blocks_go_through_this_machine()
    {
        HeldDatabase database = _sample.Database("data");

        await _sample.BackUpAsync(database);

        Assert.Contains("There is no verb 'upload'", _sample.Said.ToString(), StringComparison.Ordinal);
        Restored("data");
    }

    [Fact]
    public async Task An_agent_that_only_says_that_it_has_sent_a_block_makes_no_object()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.Sender = new() { IsLiar = true };

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Contains("was never sent", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Blocks());
    }

    [Theory]
    [InlineData(2, 100)]
    [InlineData(1, S3SignedUpload.PartBytes + 1)]
    [InlineData(0, 100)]
    [InlineData(1, -1)]
    public async Task A_part_that_can_t_be_the_next_one_ends_the_run(int number, int bytes)
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.Sender = new() { Says = one => one.Part is { } part ? one with { Part = part with { Number = number, Bytes = bytes } } : one };

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Contains("The agent's answer can't be read", failure.Message, StringComparison.Ordinal);
        Assert.Empty(database.Sender.Urls);
    }

    [Fact]
    public async Task A_size_that_does_not_fit_the_parts_makes_no_object()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.Sender = new() { Says = one => one.End is { } end ? one with { End = end with { Bytes = end.Bytes + 1 } } : one };

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Empty(Blocks());
    }

    [Fact]
    public async Task Damage_that_the_agent_finds_is_in_the_list_and_is_the_result()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.Sender = new() { Says = one => one.End is { } end ? one with { End = end with { Problems = ["block X: bad"] } } : one };

        BackedUp done = await _sample.BackUpAsync(database);

        Assert.Equal(ExitStatus.DamagedBlocks, done.Damage!.Status);
        Assert.Equal(["block X: bad"], done.List.Blocks[0].Problems);
    }

    [Fact]
    public async Task Bytes_that_are_not_the_block_s_make_no_object()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.Sender = new() { Says = one => one.End is { } end ? one with { End = end with { Damage = "it is another" } } : one };

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Contains("it is another", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Blocks());
        Assert.Empty(Uploads());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_run_of_the_other_kind_has_left_is_aborted_and_never_continued(bool isDirectFirst)
    {
        HeldDatabase database = Large();
        _sample.Direct = isDirectFirst ? DirectUse.Preferred : DirectUse.No;
        database.Sender!.Says = one => one.Part?.Number > 2 ? null : one;
        database.Fault = (_, offset, rest) => rest.Length > 100 && offset < 20_000_000 ? Recording.Cut(rest[..Math.Min(rest.Length, 5_000_000)]) : Recording.Cut([]);
        await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));
        Assert.Single(Uploads());
        database.Sender.Says = one => one;
        database.Fault = (_, _, _) => null;
        _sample.Direct = isDirectFirst ? DirectUse.No : DirectUse.Preferred;

        await _sample.BackUpAsync(database);

        Restored("large");
        Assert.Empty(Uploads());
    }

    [Fact]
    public void A_block_of_more_parts_than_a_store_takes_goes_another_way()
    {
        Assert.True(S3SignedUpload.Fits(76L << 30));
        Assert.False(S3SignedUpload.Fits(79L << 30));
    }

    [Fact]
    public async Task No_address_is_ever_said()
    {
        HeldDatabase database = _sample.Database("data");
        database.Sender = new() { Change = (request, part) => Spoil(request, part, "body") };

        await _sample.BackUpAsync(database);

        Assert.DoesNotContain("X-Amz-Signature", _sample.Said.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    private static void Spoil(HttpRequestMessage request, byte[] part, string what)
    {
        byte[] other = [.. part];
        other[^1] ^= 1;
        switch (what)
        {
            case "body":
                request.Content = new ByteArrayContent(other);
                return;
            case "length":
                request.Content = new ByteArrayContent(part[1..]);
                return;
            default:
                request.Headers.Remove("x-amz-checksum-sha256");
                break;
        }

        if (what == "checksum")
        {
            request.Headers.Add("x-amz-checksum-sha256", Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(other)));
        }
    }

    private HeldDatabase Large()
    {
        BlockGenerator.Generate(new GeneratorOptions { Directory = _sample.PathOf("large"), BlockCount = 1, SizeBytes = 60_000_000, Seed = 7 });
        return new(_sample.PathOf("large")) { Sender = new() };
    }

    private string Verified()
    {
        using StringWriter said = new();
        new BackupVerify(_sample.Place, said, ascii: false, VerifyDepth.Deep).Run(Token);
        return said.ToString();
    }

    private void Restored(string database)
    {
        RestoreTarget target = new(_sample.PathOf("restored"), null, TextWriter.Null, TimeProvider.System);
        new BackupRestore(_sample.Place, BackupSample.Pod, at: null, target, TextWriter.Null).Run(Token);
        Assert.Equal(StoreSuite.FilesOf(_sample.PathOf(database)), StoreSuite.FilesOf(_sample.PathOf("restored")));
    }

    private string[] Blocks()
    {
        using IBackupStore store = _sample.Place.OpenToRead(Token);
        return [.. store.Files("blocks").Select(file => file.Name).Where(name => name.EndsWith(".tar.gz", StringComparison.Ordinal))];
    }

    private string[] Uploads()
    {
        using S3Bucket bucket = new(S3Address.Parse(_sample.Place.Path), _sample.Place.S3, Token);
        return [.. S3Uploads.FindAll(bucket, string.Empty).Select(upload => upload.Key)];
    }
}
