using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class ArchiveEstimateTests : IDisposable
{
    private const int Bytes = 4 << 20;

    private readonly TempDirectory _directory = new();

    [Fact]
    public void Bytes_without_order_are_estimated_at_a_little_more_than_their_length()
    {
        byte[] random = new byte[Bytes];
        new Random(1).NextBytes(random);

        Assert.InRange(Estimate(random), Bytes, (long)(Bytes * 1.06));
    }

    [Fact]
    public void Zeros_are_estimated_at_next_to_nothing() => Assert.InRange(Estimate(new byte[Bytes]), 500, Bytes / 20);

    [Fact]
    public void A_large_file_counts_by_its_size_beside_a_small_one()
    {
        byte[] random = new byte[Bytes];
        new Random(1).NextBytes(random);

        Assert.InRange(Estimate(random, new byte[3 * Bytes]), Bytes, (long)(Bytes * 1.2));
    }

    [Fact]
    public void No_file_at_all_and_a_file_that_has_gone_need_nothing() =>
        Assert.Equal(0, ArchiveEstimate.BytesOf(_directory.Open(), [new TreeItem(_directory.Open(), "gone", "gone", Status: null)], GzipEngines.Choose(level: null)));

    public void Dispose() => _directory.Dispose();

    private long Estimate(params byte[][] files)
    {
        for (int i = 0; i < files.Length; i++)
        {
            _directory.Write(i.ToString(System.Globalization.CultureInfo.InvariantCulture), files[i]);
        }

        DirectoryHandle directory = _directory.Open();
        return ArchiveEstimate.BytesOf(directory, DirectoryTree.Walk(directory, TreeOrder.ByName), GzipEngines.Choose(level: null));
    }
}
