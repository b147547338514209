using System.IO.Compression;
using System.Security.Cryptography;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

public sealed class BlocksCarrierTests : IDisposable
{
    private const string Later = "20261122T112657Z-0eb533ff8d43ed64";

    private readonly BackupSample _sample = new();

    public void Dispose() => _sample.Dispose();

    [Fact]
    public async Task A_second_backup_copies_only_what_is_new_and_its_list_names_all()
    {
        HeldDatabase first = _sample.Database("first");
        await _sample.BackUpAsync(first);
        HeldDatabase second = _sample.Database("first", blocks: 1, seed: 2);

        BackedUp outcome = await _sample.BackUpAsync(second, Later);

        Assert.Equal(1, outcome.CopiedBlocks);
        Assert.Equal(3, outcome.List.Blocks.Count);
        Assert.Equal(second.Archive(Assert.Single(second.Exports).Ulid).Length, outcome.CopiedBytes);
        Assert.Equal(outcome.List.Blocks.Select(block => block.From).Order(), outcome.List.Blocks.Select(block => block.From));
        Assert.All(second.Blocks, block => Assert.Equal(
            second.Archive(block.Ulid),
            File.ReadAllBytes(Path.Combine(_sample.Backup, "blocks", $"{block.Ulid}.{block.Fingerprint}.tar.gz"))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Through_cuts_a_block_is_byte_equal_and_no_byte_is_sent_twice(int streams)
    {
        HeldDatabase database = _sample.Database("data", blocks: 3);
        database.Fault = (_, _, rest) => rest.Length < 10_000 ? null : Recording.Cut(rest[..(rest.Length / 2)]);

        await _sample.BackUpAsync(database, streams: streams);

        Assert.Equal(3, _sample.Blocks.Count);
        Assert.Equal(_sample.Blocks.Sum(block => new FileInfo(block).Length), database.Exports.Sum(export => export.Passed));
        Assert.InRange(database.Exports.Count, 10, 100);
    }

    [Fact]
    public async Task A_run_that_broke_off_is_continued_at_its_byte()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.Fault = (_, offset, rest) => Recording.Cut(offset == 0 ? rest[..5000] : [], "reset");
        OperatorException broken = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));
        Assert.Contains("No byte came in 8 attempts: reset", broken.Message, StringComparison.Ordinal);
        Assert.Empty(_sample.Blocks);
        database.Fault = (_, _, _) => null;

        await _sample.BackUpAsync(database);

        Assert.Contains("after 4.9 KiB", _sample.Said.ToString(), StringComparison.Ordinal);
        Assert.Equal(database.Archive(database.Blocks[0].Ulid), await ReadAsync(Assert.Single(_sample.Blocks)));
        Assert.Equal(5000, database.Exports.Max(export => export.Offset));
        Assert.Empty(Directory.GetFiles(Path.Combine(_sample.Backup, "blocks"), "*.part*"));
    }

    [Fact]
    public async Task Parts_of_two_engines_are_not_joined()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        await LeavePartAsync(database, 5000, engine: "isa-l 2.31 avx512 level 2");

        await _sample.BackUpAsync(database);

        Assert.Contains("Another engine made the first part", _sample.Said.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, Assert.Single(database.Exports).Offset);
    }

    [Fact]
    public async Task If_an_agent_compresses_with_another_engine_meanwhile_the_block_is_copied_again()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        byte[] others = database.Pack(database.Blocks[0].Ulid, CompressionLevel.SmallestSize);
        database.Fault = (_, offset, rest) => database.Exports.Count == 0
            ? new(rest[..5000], string.Empty, 0)
            : new(others[(int)offset..], HeldDatabase.Told(others, "isa-l 2.31 avx512 level 2"), 0);

        await _sample.BackUpAsync(database);

        Assert.Equal([0L, 0, 5000], database.Exports.Select(export => export.Offset).Order());
        Assert.Equal(others, await ReadAsync(Assert.Single(_sample.Blocks)));
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(20_000)]
    public async Task Foreign_bytes_before_the_resumed_ones_are_found_and_the_block_is_copied_again(int length)
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        await LeavePartAsync(database, length, engine: null);

        await _sample.BackUpAsync(database);

        Assert.Contains("copying it again", _sample.Said.ToString(), StringComparison.Ordinal);
        Assert.Equal(database.Archive(database.Blocks[0].Ulid), await ReadAsync(Assert.Single(_sample.Blocks)));
    }

    [Fact]
    public async Task Changed_bytes_never_get_a_final_name()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.Fault = (ulid, _, rest) =>
        {
            rest[1000] ^= 1;
            return new(rest, HeldDatabase.Told(database.Archive(ulid)), 0);
        };

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Contains("differs from what the agent sent", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_sample.Blocks);
        Assert.False(File.Exists(_sample.ListOf(BackupSample.Snapshot)));
    }

    [Fact]
    public async Task An_agent_whose_block_is_not_what_it_lists_is_refused()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.List = database.List.Replace(database.Blocks[0].Fingerprint, "0123456789abcdef", StringComparison.Ordinal);

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Contains($"the fingerprint {database.Blocks[0].Fingerprint}", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_sample.Blocks);
    }

    [Fact]
    public async Task A_block_that_the_agent_can_not_read_ends_the_run_with_its_reason()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.Fault = (_, _, _) => new([], "❌ odd is neither a file nor a directory\n", 6);

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Contains("odd is neither a file nor a directory", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ulid", "../../../../../../tmp/escape")]
    [InlineData("ulid", "01ARZ3NDEKTSV4RRFFQ69G5FA/")]
    [InlineData("fingerprint", "../../../../xyz0")]
    [InlineData("fingerprint", "0123456789ABCDEF")]
    [InlineData("kind", "other")]
    public async Task A_hostile_agent_names_no_path(string member, string value)
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        database.List = System.Text.RegularExpressions.Regex.Replace(
            database.List, $"\"{member}\":\"[^\"]*\"", $"\"{member}\":\"{value}\"");

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Contains("The agent's list of blocks can't be used", failure.Message, StringComparison.Ordinal);
        Assert.Equal([".lock", "oso-backup.json"], _sample.Content.Select(file => file.Split(' ')[0]));
    }

    [Fact]
    public async Task A_hostile_agents_snapshot_names_no_path()
    {
        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(
            () => _sample.BackUpAsync(_sample.Database("data"), "../../escape"));

        Assert.Contains("has an invalid name: '../../escape'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_that_a_crash_has_left_without_a_list_is_read_and_used()
    {
        HeldDatabase database = _sample.Database("data");
        await _sample.BackUpAsync(database);
        IReadOnlyList<string> whole = _sample.Content;
        File.Delete(_sample.ListOf(BackupSample.Snapshot));
        File.Delete(_sample.Blocks[0] + ".sha256");

        BackedUp outcome = await _sample.BackUpAsync(database);

        Assert.Equal(0, outcome.CopiedBlocks);
        Assert.Equal(whole.Where(file => !file.Contains("json", StringComparison.Ordinal)), _sample.Content.Where(file => !file.Contains("json", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_block_that_was_damaged_since_is_named_and_nothing_is_touched(bool isTruncated)
    {
        HeldDatabase database = _sample.Database("data");
        await _sample.BackUpAsync(database);
        byte[] bytes = await ReadAsync(_sample.Blocks[0]);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(
            _sample.Blocks[0], isTruncated ? bytes[..^1] : bytes, TestContext.Current.CancellationToken);
        if (!isTruncated)
        {
            File.Delete(_sample.ListOf(BackupSample.Snapshot));
        }

        IReadOnlyList<string> before = _sample.Content;

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database, Later));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Contains(_sample.Blocks[0] + " is damaged", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, _sample.Content);
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_part_is_not_written_through()
    {
        HeldDatabase database = _sample.Database("data", blocks: 1);
        await LeavePartAsync(database, 1, engine: null);
        string part = Assert.Single(Directory.GetFiles(Path.Combine(_sample.Backup, "blocks")));
        File.Delete(part);
        File.CreateSymbolicLink(part, _sample.PathOf("elsewhere"));

        OperatorException failure = await Assert.ThrowsAsync<OperatorException>(() => _sample.BackUpAsync(database));

        Assert.Contains("is a link to", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_sample.PathOf("elsewhere")));
    }

    private static Task<byte[]> ReadAsync(string file) =>
        File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);

    // Leaves a partial file, as an earlier run does.
    private async Task LeavePartAsync(HeldDatabase database, int length, string? engine)
    {
        using (BackupDirectory directory = BackupDirectory.OpenToAdd(_sample.Backup, _ => { }, CancellationToken.None))
        {
            Assert.True(BlockName.TryParse(database.Blocks[0].Ulid, database.Blocks[0].Fingerprint, out BlockName name));
            string part = directory.PathOf(name) + ".part";
            await File.WriteAllBytesAsync(part, RandomNumberGenerator.GetBytes(length), CancellationToken.None);
            if (engine is not null)
            {
                await File.WriteAllTextAsync(part + ".engine", engine, CancellationToken.None);
            }
        }
    }
}
