using OsoSnapshotClient.Store;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Tests that text from outside becomes a path only if it is a name of the expected kind.</summary>
public sealed class NameTests
{
    private const string Ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    [Theory]
    [InlineData(Ulid, "b1946ac92492d234", true)]
    [InlineData(Ulid, "B1946AC92492D234", false)]
    [InlineData(Ulid, "b1946ac92492d23", false)]
    [InlineData(Ulid, null, false)]
    [InlineData(null, "b1946ac92492d234", false)]
    [InlineData("../ARZ3NDEKTSV4RRFFQ69G5FA", "b1946ac92492d234", false)]
    [InlineData(Ulid, "../../../../etc/x", false)]
    public void A_block_is_a_ULID_and_sixteen_digits(string? ulid, string? fingerprint, bool isName)
    {
        Assert.Equal(isName, BlockName.TryParse(ulid, fingerprint, out BlockName name));
        Assert.Equal(isName, isName && BlockName.TryParseFile(name.FileName, out BlockName again) && again == name);
    }

    [Theory]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAV.b1946ac92492d234.tar.gz.part")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAV.b1946ac92492d234.tar.gz.sha256")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAVxb1946ac92492d234.tar.gz")]
    [InlineData("x")]
    public void Other_files_are_no_blocks(string file) => Assert.False(BlockName.TryParseFile(file, out _));

    [Theory]
    [InlineData("oso.oso-p-prom-svr-0", true)]
    [InlineData("oso.pod.with.dots", true)]
    [InlineData("oso", false)]
    [InlineData("..", false)]
    [InlineData("oso.", false)]
    [InlineData(".pod", false)]
    [InlineData("oso.../../etc", false)]
    [InlineData("oso.a..b", false)]
    [InlineData("Oso.pod", false)]
    [InlineData("oso.pod/x", false)]
    public void A_pod_is_a_namespace_and_a_name(string text, bool isName) =>
        Assert.Equal(isName, PodName.TryParse(text) is not null);
}
