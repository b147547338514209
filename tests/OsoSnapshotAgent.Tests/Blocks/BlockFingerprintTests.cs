using System.Text;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

public sealed class BlockFingerprintTests
{
    [Fact]
    public void Is_that_of_the_format_page_by_another_program()
    {
        const string Program =
            "import hashlib; print(hashlib.sha256(b'chunks/000001\\x00512\\x00index\\x007\\x00meta.json\\x002\\x00{}tombstones\\x001\\x00t')"
            + ".hexdigest()[:16])";
        string expected = SystemTool.Output("python3", "-S", "-E", "-c", Program).Trim();

        Assert.Equal(expected, BlockFingerprint.Of(
        [
            ("tombstones", 1, Encoding.ASCII.GetBytes("t")),
            ("meta.json", 2, Encoding.ASCII.GetBytes("{}")),
            ("index", 7, null),
            ("chunks/000001", 512, null),
        ]));
    }

    [Theory]
    [InlineData("meta.json", true)]
    [InlineData("tombstones", true)]
    [InlineData("index", false)]
    [InlineData("chunks/000001", false)]
    public void Counts_the_content_of_what_may_change(string path, bool counts) =>
        Assert.Equal(counts, BlockFingerprint.CountsContent(path));
}
