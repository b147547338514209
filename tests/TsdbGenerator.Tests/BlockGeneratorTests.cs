using System.Security.Cryptography;
using System.Text.RegularExpressions;
using TsdbGenerator.Model;

namespace TsdbGenerator.Tests;

public sealed class BlockGeneratorTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Promtool_reads_back_every_sample_that_was_generated()
    {
        GeneratorOptions options = Options() with { SizeBytes = 512 << 10, SegmentBytes = 32 << 10 };
        IReadOnlyList<GeneratedBlock> blocks = BlockGenerator.Generate(options);

        Dictionary<string, List<Sample>> read = Promtool.Dump(options.Directory);

        Dictionary<string, List<Sample>> generated = GeneratedBlocks.SamplesOf(options);
        Assert.Equal(generated.Keys.Order(StringComparer.Ordinal), read.Keys.Order(StringComparer.Ordinal));
        Assert.All(generated, series => Assert.Equal(series.Value, read[series.Key]));
        Assert.Equal(blocks.Sum(block => block.NumSamples), read.Values.Sum(samples => samples.Count));
        Assert.All(blocks, block => Assert.True(File.Exists(Path.Combine(block.Directory, "chunks", "000003")), "the data fills fewer than three segments"));
    }

    [Fact]
    public void Promtool_finds_the_samples_of_any_time_range()
    {
        GeneratorOptions options = Options() with { SizeBytes = 128 << 10, BlockCount = 1 };
        long middle = BlockGenerator.Generate(options)[0].MinTime + (long)TimeSpan.FromHours(1).TotalMilliseconds;
        long end = middle + (long)TimeSpan.FromMinutes(10).TotalMilliseconds;

        Dictionary<string, List<Sample>> read = Promtool.Dump(options.Directory, middle, end);

        IEnumerable<Sample> expected = GeneratedBlocks.SamplesOf(options).Values.SelectMany(samples => samples)
            .Where(sample => sample.Time >= middle && sample.Time <= end);
        Assert.Equal(expected.Count(), read.Values.Sum(samples => samples.Count));
    }

    [Fact]
    public void Promtool_lists_the_blocks_with_the_numbers_that_were_reported()
    {
        IReadOnlyList<GeneratedBlock> blocks = BlockGenerator.Generate(Options());

        IEnumerable<string> listed = Promtool.Run("tsdb", "list", _temporary.Path).Skip(1).Select(line => Regex.Replace(line, " +", " "));

        Assert.Equal(
            blocks.Select(block => $"{block.Ulid} {block.MinTime} {block.MaxTime} 2h0m0s {block.NumSamples} {block.NumChunks} {block.NumSeries}"),
            listed.Select(line => string.Join(' ', line.Split(' ').Take(7))));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(18)]
    public void A_block_has_the_duration_that_was_asked_for(int hours)
    {
        GeneratorOptions options = Options() with { BlockCount = 1, BlockDuration = TimeSpan.FromHours(hours) };
        GeneratedBlock block = Assert.Single(BlockGenerator.Generate(options));

        Assert.Equal(options.Until.ToUnixTimeMilliseconds(), block.MaxTime);
        Assert.Equal(hours * 3600_000, block.MaxTime - block.MinTime);
        Assert.Contains($" {hours}h0m0s ", string.Join('\n', Promtool.Run("tsdb", "list", _temporary.Path)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_duration_that_no_compaction_makes_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => BlockGenerator.Generate(Options() with { BlockDuration = TimeSpan.FromHours(5) }));

    [Fact]
    public void Promtool_finds_label_pairs_through_the_postings()
    {
        GeneratorOptions options = Options() with { BlockCount = 1 };
        BlockGenerator.Generate(options);
        int pairs = GeneratedBlocks.SamplesOf(options).Keys
            .SelectMany(labels => labels.Trim('{', '}').Split(", ")).Distinct().Count();

        string[] analysis = [.. Promtool.Run("tsdb", "analyze", options.Directory)];

        Assert.Contains($"Postings (unique label pairs): {pairs}", analysis);
    }

    [Fact]
    public void The_blocks_follow_each_other_and_end_before_the_wished_time()
    {
        var until = new DateTimeOffset(2025, 5, 6, 11, 12, 13, TimeSpan.Zero);

        IReadOnlyList<GeneratedBlock> blocks = BlockGenerator.Generate(Options() with { Until = until });

        Assert.Equal(
            ["2025-05-06 04:00:00", "2025-05-06 06:00:00", "2025-05-06 08:00:00"], blocks.Select(block => GeneratedBlocks.ToText(block.MinTime)));
        Assert.Equal(
            ["2025-05-06 06:00:00", "2025-05-06 08:00:00", "2025-05-06 10:00:00"], blocks.Select(block => GeneratedBlocks.ToText(block.MaxTime)));
    }

    [Fact]
    public void The_same_options_give_the_same_bytes_in_another_directory()
    {
        using var other = new TemporaryDirectory();

        BlockGenerator.Generate(Options());
        BlockGenerator.Generate(Options() with { Directory = other.Path });

        Assert.Equal(Checksums(_temporary.Path), Checksums(other.Path));
    }

    [Fact]
    public void Another_seed_gives_other_names_and_other_samples()
    {
        using var other = new TemporaryDirectory();

        IReadOnlyList<GeneratedBlock> blocks = BlockGenerator.Generate(Options());
        IReadOnlyList<GeneratedBlock> others = BlockGenerator.Generate(Options() with { Directory = other.Path, Seed = 2 });

        Assert.Empty(blocks.Select(block => block.Ulid).Intersect(others.Select(block => block.Ulid)));
        Assert.Empty(Checksums(_temporary.Path).Where(file => file.Path.Contains("chunks", StringComparison.Ordinal)).Select(file => file.Checksum)
            .Intersect(Checksums(other.Path).Select(file => file.Checksum)));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 3, 2)]
    [InlineData(24, 2, 3)]
    public void The_size_is_within_a_tenth_of_the_wish(int mebibytes, int blockCount, ulong seed)
    {
        long wish = (long)mebibytes << 20;

        BlockGenerator.Generate(Options() with { SizeBytes = wish, BlockCount = blockCount, Seed = seed });

        long size = new DirectoryInfo(_temporary.Path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        Assert.InRange(size, wish * 0.9, wish * 1.1);
    }

    [Fact]
    public void Samples_take_as_many_bytes_as_those_of_real_servers()
    {
        IReadOnlyList<GeneratedBlock> blocks = BlockGenerator.Generate(Options() with { SizeBytes = 8 << 20 });

        Assert.InRange((double)blocks.Sum(block => block.SizeBytes) / blocks.Sum(block => block.NumSamples), 1.2, 1.7);
    }

    [Fact]
    public void Refuses_a_scrape_interval_that_does_not_divide_a_block()
    {
        var problem = Assert.Throws<ArgumentOutOfRangeException>(() => BlockGenerator.Generate(Options() with { ScrapeInterval = TimeSpan.FromSeconds(7) }));

        Assert.Contains("must divide two hours", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_to_write_a_block_that_is_there_already()
    {
        BlockGenerator.Generate(Options());

        var problem = Assert.Throws<IOException>(() => BlockGenerator.Generate(Options()));

        Assert.Contains("already exists", problem.Message, StringComparison.Ordinal);
    }

    private GeneratorOptions Options() => new() { Directory = _temporary.Path, SizeBytes = 1 << 20 };

    private static List<(string Path, string Checksum)> Checksums(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => (Path.GetRelativePath(directory, path), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))))];
}
