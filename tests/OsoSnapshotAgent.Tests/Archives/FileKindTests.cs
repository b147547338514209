using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;

namespace OsoSnapshotAgent.Tests.Archives;

/// <summary>Tests what people really have in place of an archive, made by the programs that make it.</summary>
public sealed class FileKindTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public FileKindTests()
    {
        _directory.Write("snapshots/x", new string('x', 4000));
        SystemTool.Output("tar", "czf", Archive, "-C", _directory.Root, "snapshots");
    }

    private string Archive => _directory.PathOf("a.tgz");

    [Theory]
    [InlineData("tar cJf b snapshots", "is packed with xz", "xz -dc ")]
    [InlineData("tar cf - snapshots | zstd -q >b", "is packed with zstd", "zstd -dc ")]
    [InlineData("tar cjf b snapshots", "is packed with bzip2", "bzip2 -dc ")]
    [InlineData("tar cf - snapshots | lz4 -q >b", "is packed with lz4", "lz4 -dc ")]
    [InlineData("zip -q b.zip snapshots/x; mv b.zip b", "is a zip file", "Unpack it")]
    [InlineData("tar cf b snapshots", "is a tar file that is not compressed", "gzip -c ")]
    // What PowerShell 5 and PowerShell 7 write for "kubectl exec ... > b".
    [InlineData("printf '\\377\\376' >b; iconv -f CP437 -t UTF-16LE a.tgz >>b", "is UTF-16 text, as PowerShell's > writes it", "take -o ")]
    [InlineData("python3 -c 'import sys; sys.stdout.buffer.write(open(\"a.tgz\",\"rb\").read().decode(\"utf-8\",\"replace\").encode())' >b", "was converted to UTF-8 text", "take -o ")]
    [InlineData("printf '<!DOCTYPE html><html>Sign in</html>' >b", "is a web page", "login page")]
    [InlineData(": >b", "is empty", "Copy it again")]
    [InlineData("head -c 3000 /dev/zero >b", "is no gzip file", "Name an archive")]
    public void A_file_that_is_no_archive_is_known_by_its_first_bytes(string make, string told, string remedy)
    {
        SystemTool.Output("bash", "-ec", $"cd {_directory.Root}; {make.Replace("\\\\", "\\", StringComparison.Ordinal)}");
        string path = _directory.PathOf("b");

        OperatorException failure = Assert.Throws<OperatorException>(() => Verify(path));

        Expect.Failure(failure, ExitStatus.ArchiveFailed, $"{path} {told}", remedy);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(60)]
    public void A_cut_archive_is_damaged_and_no_volume_loses_data(int bytes)
    {
        SystemTool.Output("truncate", "-s", $"{bytes}", Archive);

        OperatorException failure = Assert.Throws<OperatorException>(() => Verify(Archive));

        Expect.Failure(failure, ExitStatus.ArchiveFailed, "The archive can't be read back", "copy it again");
        Assert.DoesNotContain("volume", failure.Message + failure.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("ISA-L", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_byte_is_told_without_the_librarys_number()
    {
        byte[] bytes = File.ReadAllBytes(Archive);
        bytes[40] ^= 0xFF;
        File.WriteAllBytes(Archive, bytes);

        Assert.DoesNotContain("ISA-L", Assert.Throws<OperatorException>(() => Verify(Archive)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gzip_file_is_read_from_its_start()
    {
        using FileStream file = File.OpenRead(Archive);

        FileKind.RequireGzip(file, Archive, ExitStatus.ArchiveFailed);

        Assert.Equal(0, file.Position);
    }

    public void Dispose() => _directory.Dispose();

    private static ExitStatus Verify(string path) => VerifyCommand.Verify(() => VerifySubject.OfPath(path), ascii: true, TextWriter.Null);
}
