using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Tests that prune deletes nothing before it knows that all that stays is complete.</summary>
public sealed class PruneProofTests : IAsyncLifetime
{
    private const string First = "20261101T000000Z-0eb533ff8d43ed64";
    private const string Second = "20261102T000000Z-0eb533ff8d43ed64";

    private readonly BackupSample _sample = new();
    private readonly StringWriter _said = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Each snapshot has a block of its own.
    public async ValueTask InitializeAsync()
    {
        await _sample.BackUpAsync(_sample.Database("first", blocks: 1), First);
        await _sample.BackUpAsync(_sample.Database("second", blocks: 1, seed: 2), Second);
        Assert.Equal(2, _sample.Blocks.Count);
    }

    public ValueTask DisposeAsync()
    {
        _said.Dispose();
        _sample.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_staying_list_with_a_wrong_digit_in_a_fingerprint_keeps_all_blocks(bool isTrial)
    {
        string list = _sample.ListOf(Second);
        string text = File.ReadAllText(list);
        int digit = text.IndexOf("\"fingerprint\": \"", StringComparison.Ordinal) + "\"fingerprint\": \"".Length;
        File.WriteAllText(list, text[..digit] + (text[digit] == '0' ? '1' : '0') + text[(digit + 1)..]);

        Assert.Contains("is missing", RefusedPrune(isTrial), StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_that_a_staying_list_names_and_that_is_missing_keeps_all_others()
    {
        File.Delete(BlockOf(Second));

        Assert.Contains($"{BlockOf(Second)} is missing", RefusedPrune(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_of_another_size_than_a_staying_list_says_keeps_all_others()
    {
        File.AppendAllText(BlockOf(Second), "x");

        Assert.Contains(" bytes, not ", RefusedPrune(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_that_only_a_deleted_list_names_may_be_missing()
    {
        File.Delete(BlockOf(First));

        Prune();

        Assert.False(File.Exists(_sample.ListOf(First)));
        Assert.True(File.Exists(BlockOf(Second)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_no_file_stays_and_is_named(bool isLink)
    {
        string block = BlockOf(First);
        File.Delete(block);
        string outside = Directory.CreateDirectory(_sample.PathOf("outside")).FullName;
        File.WriteAllText(Path.Combine(outside, "precious"), "x");
        if (isLink)
        {
            Hostile.PutLink(block, outside);
        }
        else
        {
            Directory.Move(outside, block);
        }

        Prune();

        Assert.Contains($"{block} is not a regular file, so it stays", _said.ToString(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(block, "precious")));
    }

    [Fact]
    public void Parts_of_fresh_names_go_too()
    {
        string[] parts =
        [
            "oso-backup.json.0123456789abcdef.part",
            $"blocks/{Path.GetFileName(BlockOf(First))}.sha256.0123456789abcdef.part",
            $"blocks/{Path.GetFileName(BlockOf(First))}.part.engine.0123456789abcdef.part",
            $"snapshots/{BackupSample.Pod}/{First}.json.0123456789abcdef.part",
            $"snapshots/{BackupSample.Pod}/{First}.json.part",
        ];
        foreach (string part in parts)
        {
            File.WriteAllText(Path.Combine(_sample.Backup, part), "x");
        }

        Prune();

        Assert.Contains("5 stale parts", _said.ToString(), StringComparison.Ordinal);
        Assert.All(parts, part => Assert.False(File.Exists(Path.Combine(_sample.Backup, part))));
    }

    private string BlockOf(string snapshot)
    {
        using BackupDirectory directory = BackupDirectory.OpenToRead(_sample.Backup);
        string database = snapshot == First ? "first" : "second";
        string ulid = Path.GetFileName(Assert.Single(Directory.GetDirectories(_sample.PathOf(database))));
        HeldDatabase held = new(_sample.PathOf(database));
        return Path.Combine(_sample.Backup, "blocks", $"{ulid}.{held.Blocks[0].Fingerprint}.tar.gz");
    }

    private string RefusedPrune(bool isTrial = false)
    {
        IReadOnlyList<string> before = _sample.Content;
        OperatorException refused = Assert.Throws<OperatorException>(() => Prune(isTrial));
        Assert.Equal(ExitStatus.ArchiveFailed, refused.Status);
        Assert.StartsWith("Nothing was deleted", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, _sample.Content);
        return refused.Message;
    }

    private void Prune(bool isTrial = false) =>
        new PruneRun(_sample.Place, new(Last: 1, Within: null), isTrial, _said, TimeProvider.System).Run(Token);
}
