using System.Formats.Tar;
using System.IO.Compression;
using System.Text.RegularExpressions;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>
/// Tests that what lists and blocks claim takes little memory, and no time or sum leaves its limits.
/// </summary>
[Collection(nameof(KeptMemory))]
public sealed class BackupBoundTests : IAsyncLifetime
{
    private const long MaxBytes = 64L << 20;
    private const string Ulid = "01M7YAAAAAAAAAAAAAAAAAAAAA";

    private readonly BackupSample _sample = new();

    private string List => _sample.ListOf(BackupSample.Snapshot);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _sample.BackUpAsync(_sample.Database("data"));

    public ValueTask DisposeAsync()
    {
        _sample.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("\"a\",", 2_000_000, "holds more than 330000 names and values")]
    [InlineData("\"a\",", 20_000_000, "is longer than 8388608 bytes")]
    [InlineData("[", 1_000_000, "depth")]
    public void A_list_of_too_many_values_is_refused(string value, int count, string told)
    {
        string text = File.ReadAllText(List);
        int end = text.IndexOf("\"blocks\": [", StringComparison.Ordinal);
        File.WriteAllText(List, text[..end] + "\"x\": [" + string.Concat(Enumerable.Repeat(value, count)) + "\"a\"]," + text[end..]);

        (string said, long taken) = Verify();

        Assert.Contains(told, said, StringComparison.Ordinal);
        Assert.InRange(taken, 0, MaxBytes);
    }

    [Fact]
    public void A_list_of_one_long_text_takes_little_memory()
    {
        File.WriteAllText(
            List,
            File.ReadAllText(List).Replace(BackupSample.Pod, new('p', 8_000_000), StringComparison.Ordinal));

        (string said, long taken) = Verify();

        Assert.Contains("it is the list of ppp", said, StringComparison.Ordinal);
        Assert.InRange(taken, 0, MaxBytes);
    }

    [Fact]
    public void The_largest_list_that_a_backup_writes_is_read()
    {
        using BackupDirectory directory = BackupDirectory.OpenToRead(_sample.Backup);
        ListedSnapshot sound = Assert.Single(ManifestStore.Read(directory, damage => throw damage));
        BackupBlock block = sound.List.Blocks[0] with
        {
            From = long.MaxValue, To = long.MaxValue, Bytes = long.MaxValue, Series = long.MaxValue, Samples = long.MaxValue,
            StoreChecksum = $"sha256:{new string('A', 44)}-10000",
            Problems = ["1000 more problems, not listed"],
        };
        string[] problems = [.. Enumerable.Repeat(new string('ä', ProblemList.MaxLetters), ManifestStore.MaxProblems)];
        Manifest large = sound.List with
        {
            Blocks =
            [
                block with { Problems = problems },
                .. Enumerable.Range(1, BlockAudit.MaxBlocks - 1).Select(number => block with { Ulid = $"{number:00000000000000000000000000}" }),
            ],
        };
        File.WriteAllBytes(
            List, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(large, BackupJson.Default.Manifest));

        Assert.Equal(
            BlockAudit.MaxBlocks, Assert.Single(ManifestStore.Read(directory, damage => throw damage)).Blocks.Count);
    }

    [Theory]
    [InlineData("meta.json", 40)]
    [InlineData("tombstones", 40)]
    [InlineData("chunks/{0:000000}", 20_001)]
    [InlineData("{0:000000}-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 19_000)]
    public void A_block_of_many_files_takes_little_memory(string name, int count)
    {
        Assert.True(BlockName.TryParse(Ulid, "0123456789abcdef", out BlockName block));
        using MemoryStream packed = Pack(name, count);
        using KeptMemory measured = new(packed);

        BlockVerdict verdict = new BlockReading(block.Ulid, block.Fingerprint).Run(measured, Token);

        Assert.Matches("comes twice|more than 20000 files|it holds ", verdict.Damage);
        Assert.InRange(measured.MaxBytes, 0, MaxBytes);
    }

    [Theory]
    [InlineData("from")]
    [InlineData("to")]
    [InlineData("series")]
    [InlineData("samples")]
    public void A_list_whose_figures_are_not_its_blocks_is_damaged(string member)
    {
        File.WriteAllText(List, Regex.Replace(File.ReadAllText(List), $"(\"{member}\": )[0-9]+", "${1}1"));

        (string said, _) = Verify();

        Assert.Contains($"as in snapshot {BackupSample.Pod}/{BackupSample.Snapshot}", said, StringComparison.Ordinal);
        Assert.DoesNotContain("✅ oso.", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(long.MaxValue, long.MinValue)]
    [InlineData(long.MaxValue, 1)]
    public void Times_that_no_calendar_has_are_shown(long from, long to)
    {
        string text = Regex.Replace(File.ReadAllText(List), "(\"from\": )[0-9]+", "${1}" + from);
        File.WriteAllText(List, Regex.Replace(text, "(\"to\": )[0-9]+", "${1}" + to));
        using StringWriter table = new();

        new BackupsTable(_sample.Place, isJson: false, table).Run(TestContext.Current.CancellationToken);

        Assert.Contains(BackupSample.Snapshot, table.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Gaps_that_overlap_are_added_up_to_the_longest_time()
    {
        string text = File.ReadAllText(List);
        int start = text.IndexOf("    {", StringComparison.Ordinal);
        string block = text[start..(text.IndexOf('}', start) + 1)];
        string blocks = string.Join(
            ",\n",
            Enumerable.Range(0, 9_999).Select(number => Regex.Replace(
                Regex.Replace(
                    Regex.Replace(block, "(\"ulid\": \")[^\"]*", $"${{1}}{number:00000000000000000000000000}"),
                    "(\"from\": )[0-9]+",
                    "${1}" + (number == 0 ? long.MinValue : 253402300799999)),
                "(\"to\": )[0-9]+",
                "${1}1")));
        File.WriteAllText(List, text[..start] + blocks + "\n  ]\n}\n");
        using StringWriter table = new();

        new BackupsTable(_sample.Place, isJson: false, table).Run(TestContext.Current.CancellationToken);

        Assert.Contains("9998, ", table.ToString(), StringComparison.Ordinal);
    }

    private (string Said, long Taken) Verify()
    {
        using StringWriter output = new();
        long before = GC.GetAllocatedBytesForCurrentThread();
        OperatorException failure = Assert.Throws<OperatorException>(
            () => new BackupVerify(_sample.Place, output, ascii: true).Run(Token));
        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        return (output.ToString(), GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static MemoryStream Pack(string name, int count)
    {
        byte[] zeros = new byte[name.StartsWith('c') || name.StartsWith('{') ? 1 : BlockFingerprint.MaxContentBytes];
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (TarWriter tar = new(gzip, TarEntryFormat.Ustar))
        {
            for (int number = 0; number < count; number++)
            {
                string path = string.Format(System.Globalization.CultureInfo.InvariantCulture, name, number);
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{Ulid}/{path}")
                {
                    DataStream = new MemoryStream(zeros), ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }

        packed.Position = 0;
        return packed;
    }
}
