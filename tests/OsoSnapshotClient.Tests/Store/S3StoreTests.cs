using System.Text;
using System.Text.RegularExpressions;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using TsdbGenerator;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Each store's suite on a real S3 server, and what only a bucket has: parts, faults, credentials, marks.</summary>
public sealed class S3StoreTests(S3Server server) : StoreSuite
{
    private FaultProxy _proxy = null!;
    private string _bucket = string.Empty;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_block_of_many_parts_is_whole_and_a_later_run_sends_only_the_parts_that_are_missing()
    {
        HeldDatabase database = Large();
        int sent = 0;
        _proxy.Add(new() { Matches = request => IsPart(request) && Interlocked.Increment(ref sent) > 2, Status = 403, Times = 100 });
        OperatorException broken = await Assert.ThrowsAsync<OperatorException>(() => Sample.BackUpAsync(database));
        Assert.Contains("403", broken.Message, StringComparison.Ordinal);
        Assert.Empty(Blocks);
        int before = _proxy.Requests.Count(IsPart);
        sent = int.MinValue;

        await Sample.BackUpAsync(database);

        int parts = (int)(database.Archive(database.Blocks[0].Ulid).Length / (8 << 20)) + 1;
        Assert.InRange(parts, 4, 100);
        Assert.Equal(parts - 2, _proxy.Requests.Count(IsPart) - before);
        Assert.Contains("is sound: 1 snapshot, 1 block.", Verified(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task What_the_store_refuses_for_a_moment_is_repeated(int status)
    {
        _proxy.Add(new() { Matches = request => request.Method == "PUT", Status = status, Times = 2 });

        await Sample.BackUpAsync(Sample.Database("data"));

        Assert.Contains("is sound: 1 snapshot, 2 blocks.", Verified(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, 1, ".tar.gz")]
    [InlineData(409, 3, ".tar.gz")]
    [InlineData(409, 3, ".json")]
    public async Task An_object_that_the_store_has_not_read_or_that_another_request_makes_is_sent_again(int status, int times, string end)
    {
        _proxy.Add(new()
        {
            Matches = request => request.Method == "PUT" && request.Target.Split('?')[0].EndsWith(end, StringComparison.Ordinal),
            Status = status,
            Times = times,
        });

        await Sample.BackUpAsync(Sample.Database("data"), streams: 1);

        Assert.Contains("is sound: 1 snapshot, 2 blocks.", Verified(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_stays_ill_ends_the_run_with_its_answer_and_the_same_command_continues()
    {
        using (IBackupStore _ = Sample.Place.OpenToAdd(_ => { }, Token))
        {
            // The marker is there.
        }

        _proxy.Add(new() { Matches = request => request.Method == "PUT" && request.Target.Contains("/blocks/", StringComparison.Ordinal), Status = 503, Times = 12 });
        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => Sample.BackUpAsync(Sample.Database("data"), streams: 1));

        Assert.Contains("503", failure.Message, StringComparison.Ordinal);
        Assert.Contains("run the same command again", failure.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000_000)]
    [InlineData(9_000_000)]
    public async Task Cuts_of_uploads_and_of_downloads_are_survived(int bytes)
    {
        HeldDatabase database = Large();
        _proxy.Add(new() { Matches = IsPart, CutRequestAt = bytes, Times = 3 });
        await Sample.BackUpAsync(database);
        _proxy.Add(new() { Matches = IsBlock, CutAnswerAt = bytes, Times = 3 });

        Restore(null, "restored");

        Assert.Equal(FilesOf(Sample.PathOf("large")), FilesOf(Sample.PathOf("restored")));
    }

    [Fact]
    public async Task A_download_that_stalls_is_made_anew()
    {
        await Sample.BackUpAsync(Sample.Database("data"));
        _proxy.Add(new() { Matches = request => request.Method == "GET" && IsBlock(request), Delay = Timeout.InfiniteTimeSpan });

        Restore(null, "restored", Sample.Place with { S3 = Sample.Place.S3 with { Stall = TimeSpan.FromSeconds(3) } });

        Assert.Equal(FilesOf(Sample.PathOf("data")), FilesOf(Sample.PathOf("restored")));
    }

    [Fact]
    public void An_archive_that_another_run_has_made_is_not_taken_for_this_one_s()
    {
        BackupPlace file = Sample.Place with { Path = $"s3://{_bucket}/a.tgz" };
        using (S3Store store = S3Store.OpenBucket(new(_bucket, string.Empty), file.S3, Token))
        {
            store.Write("a.tgz", [1]);
            store.Write("a.tgz.sha256", ChecksumFile.Line(new('1', 64), "a.tgz"));
            store.Write("a.tgz.part.state", Encoding.ASCII.GetBytes($"sha256={new string('1', 64)}\n"));
            S3Output.Open(file, "pod", Token).Dispose();
            store.Write("a.tgz.part.state", Encoding.ASCII.GetBytes($"sha256={new string('2', 64)}\n"));
        }

        OperatorException failure = Assert.Throws<OperatorException>(() => S3Output.Open(file, "pod", Token));

        Assert.Contains("is already there", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_lost_makes_no_second_list_and_no_failure()
    {
        _proxy.Add(new() { Matches = request => request.Method == "PUT" && IsBlock(request), CutAnswerAt = 0 });

        await Sample.BackUpAsync(Sample.Database("data"));

        Assert.Contains("is sound: 1 snapshot, 2 blocks.", Verified(), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_credentials_are_named()
    {
        OperatorException failure = Assert.Throws<OperatorException>(
            () => (Sample.Place with { S3 = Sample.Place.S3 with { Credentials = new BasicAWSCredentials(S3Server.AccessKey, "wrong") } })
                .OpenToRead(Token));

        Assert.Contains("the credentials are wrong", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong\"", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bucket_that_is_not_there_is_named()
    {
        OperatorException failure = Assert.Throws<OperatorException>(
            () => (Sample.Place with { Path = $"s3://none-{_bucket}/p" }).OpenToAdd(_ => { }, Token));

        Assert.Equal(ExitStatus.Settings, failure.Status);
        Assert.Contains("there is no such bucket", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_is_not_there_is_named()
    {
        OperatorException failure = Assert.Throws<OperatorException>(
            () => (Sample.Place with { S3 = Sample.Place.S3 with { Endpoint = new("http://127.0.0.1:1") } }).OpenToRead(Token));

        Assert.Contains("http://127.0.0.1:1 can't be reached", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prefix_with_other_objects_is_left_alone()
    {
        using (IBackupStore store = Sample.Place.OpenToAdd(_ => { }, Token))
        {
            store.Write("other", [1]);
            store.Delete(MarkerFile.Name);
        }

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => Sample.BackUpAsync(Sample.Database("data")));

        Assert.Equal(ExitStatus.Settings, failure.Status);
        Assert.Contains("neither empty nor a backup", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prune_marks_first_and_a_take_renews_the_mark_of_what_it_wants()
    {
        HeldDatabase first = Sample.Database("one", blocks: 1);
        await Sample.BackUpAsync(first);
        await Sample.BackUpAsync(Sample.Database("two", blocks: 1, seed: 2), Later);

        string said = Prune();

        Assert.Contains("  Marked: 1 block that no list names.", said, StringComparison.Ordinal);
        Assert.Equal(2, Blocks.Count);
        BackedUp again = await Sample.BackUpAsync(first, "20261123T112657Z-0eb533ff8d43ed64");
        Assert.Equal(0, again.CopiedBlocks);
        using IBackupStore store = Sample.Place.OpenToRead(Token);
        Assert.Empty(store.Files("deleted"));
    }

    [Fact]
    public async Task Verify_downloads_no_block_unless_it_is_told_and_needs_no_right_to_write()
    {
        await Sample.BackUpAsync(Sample.Database("data"));
        _proxy.Add(new() { Matches = request => request.Method == "PUT" && request.Target.Contains("/verified/", StringComparison.Ordinal), Status = 403, Times = 100 });

        string listed = Verified();
        Assert.DoesNotContain(_proxy.Requests, IsDownload);
        string deep = Verified(VerifyDepth.Deep);

        Assert.Contains("No block was read", listed, StringComparison.Ordinal);
        Assert.Equal(2, _proxy.Requests.Count(IsDownload));
        Assert.Contains("none could be recorded: ", deep, StringComparison.Ordinal);

        static bool IsDownload(ProxyRequest request) =>
            request.Method == "GET" && request.Target.Contains(".tar.gz", StringComparison.Ordinal) && !request.Target.Contains(".sha256", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("CRC64NVME")]
    public async Task Verify_finds_a_block_that_was_written_anew_with_the_same_size_and_no_take_uses_it(string? algorithm)
    {
        HeldDatabase database = Sample.Database("data");
        await Sample.BackUpAsync(database);
        Overwrite(bytes => bytes[bytes.Length / 2] ^= 1, algorithm);

        OperatorException damaged = Assert.Throws<OperatorException>(() => Verified());
        OperatorException refused = await Assert.ThrowsAsync<OperatorException>(() => Sample.BackUpAsync(database, Later));

        Assert.Equal((ExitStatus.ArchiveFailed, ExitStatus.ArchiveFailed), (damaged.Status, refused.Status));
    }

    [Fact]
    public async Task A_block_that_another_program_has_copied_needs_one_verify_that_reads_it()
    {
        await Sample.BackUpAsync(Sample.Database("data"));
        Overwrite(_ => { }, algorithm: null);

        Assert.Throws<OperatorException>(() => Verified());
        Verified(VerifyDepth.New);

        Assert.Contains("is sound: 1 snapshot, 2 blocks.", Verified(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_was_copied_from_a_directory_says_that_only_sizes_are_compared()
    {
        await Sample.BackUpAsync(Sample.Database("data"));
        using (IBackupStore store = Sample.Place.OpenToRead(Token))
        {
            string list = $"snapshots/{BackupSample.Pod}/{BackupSample.Snapshot}.json";
            string text = Encoding.UTF8.GetString(store.Read(list, 1 << 20)!);
            store.Write(list, Encoding.UTF8.GetBytes(Regex.Replace(text, ",\n *\"storeChecksum\": \"[^\"]*\"", string.Empty)));
        }

        Assert.Contains("The lists name no checksum of 2 blocks: only sizes were compared.", Verified(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_is_protected_while_prune_is_at_work_stays_with_its_blocks()
    {
        await Sample.BackUpAsync(Sample.Database("one", blocks: 1));
        await Sample.BackUpAsync(Sample.Database("two", blocks: 1, seed: 2), Later);
        using ActingWriter said = new("deleting snapshot", () => new Protection(Sample.Place, null, BackupSample.Snapshot, TextWriter.Null).Protect(Token));

        OperatorException busy = Assert.Throws<OperatorException>(
            () => new PruneRun(Sample.Place, new(Last: 1), isTrial: false, said, TimeProvider.System).Run(Token));

        Assert.Equal(ExitStatus.Busy, busy.Status);
        Assert.Contains("is sound: 2 snapshots, 2 blocks.", Verified(), StringComparison.Ordinal);
        using IBackupStore store = Sample.Place.OpenToRead(Token);
        Assert.Empty(store.Files("deleted"));
    }

    private protected override async Task<BackupPlace?> PlaceAsync()
    {
        _bucket = await server.MakeBucketAsync();
        _proxy = new(server.Endpoint);
        return new($"s3://{_bucket}/backups/one")
        {
            S3 = new()
            {
                Endpoint = _proxy.Endpoint,
                Credentials = new BasicAWSCredentials(S3Server.AccessKey, S3Server.SecretKey),
            },
        };
    }

    // As another program does, which knows nothing of this one's checksums.
    private void Overwrite(Action<byte[]> change, string? algorithm)
    {
        using AmazonS3Client client = new(
            new BasicAWSCredentials(S3Server.AccessKey, S3Server.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = server.Endpoint.ToString(),
                ForcePathStyle = true,
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            });
        string key = "backups/one/blocks/" + Blocks[0];
        using MemoryStream content = new();
        using (GetObjectResponse found = client.GetObjectAsync(_bucket, key, Token).GetAwaiter().GetResult())
        {
            found.ResponseStream.CopyTo(content);
        }

        byte[] bytes = content.ToArray();
        change(bytes);
        client.PutObjectAsync(
            new()
            {
                BucketName = _bucket,
                Key = key,
                InputStream = new MemoryStream(bytes),
                ChecksumAlgorithm = algorithm is null ? null : new(algorithm),
            },
            Token).GetAwaiter().GetResult();
    }

    // Its archive has several parts.
    private HeldDatabase Large()
    {
        BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = Sample.PathOf("large"),
            BlockCount = 1,
            SizeBytes = 60_000_000,
            Seed = 7,
        });
        return new(Sample.PathOf("large"));
    }

    private static bool IsBlock(ProxyRequest request) => request.Target.Contains("/blocks/", StringComparison.Ordinal);

    private static bool IsPart(ProxyRequest request) =>
        request.Method == "PUT" && request.Target.Contains("partNumber=", StringComparison.Ordinal);

    /// <summary>Acts before a line is written.</summary>
    private sealed class ActingWriter(string start, Action act) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            if (value!.StartsWith(start, StringComparison.Ordinal))
            {
                act();
            }

            base.WriteLine(value);
        }
    }
}
