using System.Formats.Tar;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Restore;

/// <summary>Tests that verify and restore have one judge of what an archive may hold, and that neither can hang.</summary>
public sealed class ForeignArchiveTests : IDisposable
{
    private const string Block = "01J5QZ8X0M3N4P5Q6R7S8T9V0W";

    private readonly ArchiveSample _sample = new();

    public void Dispose() => _sample.Dispose();

    [Theory]
    [InlineData("lost+found/x")]
    [InlineData("wal/00000001")]
    [InlineData("lock")]
    [InlineData("chunks_head/000001")]
    [InlineData("nul.txt")]
    [InlineData("queries.active")]
    [InlineData("../x")]
    [InlineData(Block)]
    [InlineData(Block + "/deletion-mark.json")]
    [InlineData(Block + "/CON")]
    [InlineData(Block + "/c<d")]
    [InlineData(Block + "/meta.json/x")]
    [InlineData(Block + "/chunks/COM1/x")]
    [InlineData(Block + "/chunks")]
    [InlineData("01j5qz8x0m3n4p5q6r7s8t9v0w/index")]
    public void A_name_that_no_block_has_is_refused_and_told_by_both(string name)
    {
        _sample.Write(ArchiveSample.File(ArchiveSample.Prefix + name));

        AssertRefused(ArchiveSample.Prefix + name);
    }

    [Theory]
    [InlineData(TarEntryType.Directory, "wal/")]
    [InlineData(TarEntryType.Directory, Block + "/index/")]
    [InlineData(TarEntryType.Directory, Block + "/chunks/000001/")]
    [InlineData(TarEntryType.SymbolicLink, Block + "/index")]
    [InlineData(TarEntryType.HardLink, Block + "/index")]
    [InlineData(TarEntryType.Fifo, Block + "/index")]
    [InlineData(TarEntryType.CharacterDevice, Block + "/index")]
    public void An_entry_that_no_block_has_is_refused_and_told_by_both(TarEntryType type, string name)
    {
        PaxTarEntry entry = new(type, ArchiveSample.Prefix + name);
        if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
        {
            entry.LinkName = "/etc/passwd";
        }

        _sample.Write(entry);

        AssertRefused(ArchiveSample.Prefix + name);
    }

    [Fact]
    public void A_second_snapshot_is_refused_by_both()
    {
        _sample.Write(ArchiveSample.File($"snapshots/other/{Block}/index"));

        AssertRefused("snapshots/other beside " + ArchiveSample.Prefix.TrimEnd('/'));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Directories_count_as_files_and_too_many_are_refused_by_both(bool haveFiles)
    {
        _sample.WriteOnly(Enumerable.Range(0, haveFiles ? 50_001 : 100_001).Select(number =>
        {
            string block = $"{ArchiveSample.Prefix}{Block[..20]}{number:000000}/";
            return haveFiles ? ArchiveSample.File(block + "index", []) : new PaxTarEntry(TarEntryType.Directory, block);
        }));

        AssertRefused("more than 100000 files and directories");
    }

    [Fact]
    public void A_file_that_Prometheus_ignores_is_left_out_and_told()
    {
        _sample.Write();
        string[] expected = EarlierVersion.FilesIn(_sample.PathOf(ArchiveSample.Prefix));
        string stray = $"{_sample.Block}/chunks/.nfs0001";
        File.WriteAllText(_sample.PathOf(ArchiveSample.Prefix + stray), "x");
        _sample.Write();

        _sample.Verify();
        _sample.Restore();

        Assert.Equal(expected, EarlierVersion.FilesIn(_sample.Restored));
        Assert.Contains($"⚠️ Prometheus ignores {stray}", _sample.Said.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snapshots.tgz")]
    [InlineData("snapshots.tgz.sha256")]
    public async Task A_pipe_in_place_of_the_archive_or_its_checksum_hangs_neither(string name)
    {
        File.Delete(_sample.PathOf(name));
        _sample.MakeFifo(name);

        Assert.Contains("is not a regular file", (await AssertEndsAsync(() => _sample.Restore())).Message, StringComparison.Ordinal);
        Assert.Contains("is not a regular file", (await AssertEndsAsync(_sample.Verify)).Message, StringComparison.Ordinal);
        AssertNothingStays();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pipe_or_a_link_in_a_block_is_named_and_not_read(bool isPipe)
    {
        string index = ArchiveSample.Prefix + _sample.Block + "/index";
        File.Move(_sample.PathOf(index), _sample.PathOf("index"));
        if (isPipe)
        {
            _sample.MakeFifo(index);
        }
        else
        {
            File.CreateSymbolicLink(_sample.PathOf(index), _sample.PathOf("index"));
        }

        OperatorException failure = await AssertEndsAsync(() => new OsoSnapshotClient.Restore.VerifyRun(
            _sample.PathOf(ArchiveSample.Prefix), _sample.Said, ascii: false).Run(TestContext.Current.CancellationToken));

        Assert.Equal(ExitStatus.ArchiveFailed, failure.Status);
        Assert.Contains(_sample.Block + "/index is neither a file nor a directory", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<OperatorException> AssertEndsAsync(Action run) =>
        await Task.Run(() => Assert.Throws<OperatorException>(run), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    private void AssertRefused(string named)
    {
        named = named.Length > 100 ? named[..100] : named;
        OperatorException verify = Assert.Throws<OperatorException>(_sample.Verify);
        Assert.Equal(ExitStatus.ArchiveFailed, verify.Status);
        Assert.Contains("not an archive of one snapshot: it holds " + named, verify.Message, StringComparison.Ordinal);

        OperatorException restore = Assert.Throws<OperatorException>(() => _sample.Restore());
        Assert.Equal(ClientStatus.Failed, restore.Status);
        Assert.Contains("not an archive of one snapshot: it holds " + named, restore.Message, StringComparison.Ordinal);
        AssertNothingStays();
    }

    private void AssertNothingStays() =>
        Assert.False(Directory.Exists(_sample.Restored) && Directory.EnumerateFileSystemEntries(_sample.Restored).Any());
}
