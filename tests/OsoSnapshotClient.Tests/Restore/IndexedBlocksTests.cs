using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Restore;

public sealed class IndexedBlocksTests : IDisposable
{
    private readonly BackupSample _sample = new();
    private readonly DirectoryHandle _kept;

    public IndexedBlocksTests()
    {
        _sample.Database("data");
        _kept = DirectoryHandle.OpenOrCreate(_sample.PathOf("kept"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _kept.Dispose();
        _sample.Dispose();
    }

    [Fact]
    public void The_index_of_each_block_that_is_sent_is_kept_and_no_chunk()
    {
        using IndexedBlocks source = new(DirectoryBlocks.Open(_sample.PathOf("data")), _kept);
        Count sent = new();

        source.Send(All(source), sent, Token);

        Assert.Equal(2, sent.Finished);
        foreach (OfferedBlock block in source.Blocks)
        {
            Assert.Equal(
                File.ReadAllBytes(_sample.PathOf($"data/{block.Ulid}/index")),
                File.ReadAllBytes(_sample.PathOf($"kept/{block.Ulid}/index")));
            Assert.False(Directory.Exists(_sample.PathOf($"kept/{block.Ulid}/chunks")));
        }

        Assert.Equal(2, DrilledBlock.In(_kept).Count());
    }

    [Fact]
    public void A_block_that_a_connection_lost_is_kept_anew()
    {
        using IndexedBlocks source = new(DirectoryBlocks.Open(_sample.PathOf("data")), _kept);

        Assert.Throws<DeliveryBrokenException>(() => source.Send(All(source), new Count { BreaksAfterBytes = 50_000 }, Token));
        source.Send(All(source), new Count(), Token);

        string block = source.Blocks[0].Ulid;
        Assert.Equal(
            File.ReadAllBytes(_sample.PathOf($"data/{block}/index")),
            File.ReadAllBytes(_sample.PathOf($"kept/{block}/index")));
    }

    [Fact]
    public void An_index_that_is_larger_than_its_block_is_not_written()
    {
        using Small small = new(DirectoryBlocks.Open(_sample.PathOf("data")));
        using IndexedBlocks source = new(small, _kept);

        OperatorException told = Assert.Throws<OperatorException>(() => source.Send(All(source), new Count(), Token));

        Assert.Equal(ExitStatus.ArchiveFailed, told.Status);
        Assert.Contains("larger than the whole block was said to be", told.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_kept.Path, "*", SearchOption.AllDirectories));
    }

    private static HashSet<string> All(IndexedBlocks source) => [.. source.Blocks.Select(block => block.Ulid)];

    /// <summary>Says of each block that it is small.</summary>
    private sealed class Small(IBlockSource source) : IBlockSource
    {
        public string Name => source.Name;

        public string? PrometheusVersion => null;

        public IReadOnlyList<OfferedBlock> Blocks => [.. source.Blocks.Select(block => block with { Bytes = 10 })];

        public void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token) => source.Send(wanted, sink, token);

        public void Dispose() => source.Dispose();
    }

    private sealed class Count : IBlockSink
    {
        public int Finished { get; private set; }

        public int BreaksAfterBytes { get; init; } = int.MaxValue;

        public Stream Begin(BlockId block) => new Broken(BreaksAfterBytes);

        public void Finish() => Finished++;
    }

    private sealed class Broken(int afterBytes) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            if (Length > afterBytes)
            {
                throw new DeliveryBrokenException("cut");
            }
        }
    }
}
