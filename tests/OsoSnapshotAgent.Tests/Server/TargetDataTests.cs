using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>Tests where the data directory of a found process is, and which directories are refused.</summary>
public sealed class TargetDataTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeProc _proc;

    public TargetDataTests() => _proc = new(_directory);

    [Fact]
    public void A_relative_path_lies_below_the_working_directory()
    {
        Run("--storage.tsdb.path=data/");
        _directory.Make("prometheus/data/wal");
        _directory.Link("proc/1/cwd", _directory.PathOf("prometheus"));
        _directory.Link("proc/1/root", "/");

        Assert.Equal($"{_proc.Root}/1/root{_directory.PathOf("prometheus/data")}", Find().Data.PathSeenByAgent);
    }

    [Fact]
    public void A_working_directory_in_a_chroot_is_reached_through_its_own_link()
    {
        Run();
        _directory.Make("chroot/prometheus/data/wal");
        _directory.Link("proc/1/cwd", _directory.PathOf("chroot/prometheus"));
        _directory.Link("proc/1/root", _directory.PathOf("chroot"));

        Assert.Equal($"{_proc.Root}/1/cwd/data", Find().Data.PathSeenByAgent);
    }

    [Fact]
    public void An_absolute_link_is_resolved_in_the_targets_root()
    {
        Run("--storage.tsdb.path=/data");
        string volume = _proc.MakeData(1, "/volumes/prom");
        _directory.Link("proc/1/root/data", "/volumes/prom");

        Assert.Equal(volume, Find().Data.PathSeenByAgent);
        Assert.Equal(volume, Find($"{_proc.Root}/1/root/data").Data.PathSeenByAgent);
    }

    [Fact]
    public void A_loop_of_links_is_refused()
    {
        Run("--storage.tsdb.path=/data");
        _directory.Link("proc/1/root/data", "/data");

        Expect.Failure(() => Find(), ExitStatus.TargetUnreachable, "too many levels of symbolic links", "");
    }

    [Fact]
    public void A_missing_directory_is_refused()
    {
        Run("--storage.tsdb.path=/data");
        _proc.MakeRoot(1);

        Expect.Failure(() => Find(), ExitStatus.TargetUnreachable, $"The data directory {_proc.Root}/1/root/data does not exist.", "OSO_SNAPSHOT_DATA_DIR");
    }

    [Fact]
    public void A_file_is_refused_as_a_directory()
    {
        Run();
        _directory.Write("proc/1/root/x", "not a directory");

        Expect.Failure(() => Find($"{_proc.Root}/1/root/x"), ExitStatus.TargetUnreachable, "/x is not a directory.", "what its data directory leads to");
    }

    [Fact]
    public void A_directory_without_a_TSDB_is_refused()
    {
        Run("--storage.tsdb.path=/data");
        _directory.Make("proc/1/root/data/documents");

        Expect.Failure(() => Find(), ExitStatus.TargetUnreachable, "/data is not the data directory of a Prometheus server: it holds neither wal, chunks_head nor a block.", "OSO_SNAPSHOT_DATA_DIR");
        Expect.Failure(() => Find($"{_proc.Root}/1/root/data"), ExitStatus.TargetUnreachable, "is not the data directory", "OSO_SNAPSHOT_DATA_DIR");
    }

    [Fact]
    public void A_file_of_the_settings_may_lie_in_the_targets_container()
    {
        Run("--storage.tsdb.path=/data");
        _proc.MakeData(1, "/data");
        _directory.Write("proc/1/root/secrets/token-of-the-target", "of the target");
        string own = _directory.Write("own", "own");
        TargetContainer target = Find();

        Assert.Equal("of the target"u8, target.ReadSettingFile("/secrets/token-of-the-target", 13));
        Assert.Equal("own"u8, target.ReadSettingFile(own, 13));
        Assert.Throws<FileNotFoundException>(() => target.ReadSettingFile("/secrets/nowhere-at-all", 13));
        Assert.Throws<IOException>(() => target.ReadSettingFile("/secrets/token-of-the-target", 12));
    }

    public void Dispose() => _directory.Dispose();

    private void Run(params string[] flags) => _proc.Add(1, "prometheus", ["/bin/prometheus", .. flags]);

    private TargetContainer Find(string? dataDirectory = null) =>
        new TargetFinder(_proc.FileSystem, new TargetAccess(_proc.FileSystem), dataDirectory).Find();
}
