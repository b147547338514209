using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Runs;

public sealed class EarlierArtefactsTests : IDisposable
{
    private const string Other = "snapshots/20250101T000000Z-0123456789abcdef";

    private readonly SampleData _sample = new();
    private readonly Agent _agent;

    public EarlierArtefactsTests()
    {
        _agent = new(_sample.Directory, new AgentSettings());
        _sample.Directory.Write("snapshots.log", "x");
    }

    private string[] Successes => [.. _agent.Transcript.Lines.Where(line => line.StartsWith('✅'))];

    [Fact]
    public void The_runs_own_snapshot_stays_and_the_others_are_counted_without_it()
    {
        _sample.Directory.Make(Other);

        Delete(except: _sample.Snapshot);

        Assert.Equal(["snapshots.log", "snapshots/", $"snapshots/{SampleData.Name}/", "wal/", "wal/00000000"], _sample.Directory.Content());
        Assert.Equal(["✅ No existing snapshots.tgz found.", "✅ Existing directory snapshots (1 inside) found and deleted."], Successes);
    }

    [Fact]
    public void The_runs_own_snapshot_does_not_count_as_an_earlier_one()
    {
        Delete(except: _sample.Snapshot);

        Assert.Equal(["✅ No existing snapshots.tgz found.", "✅ No existing directory snapshots found."], Successes);
        Assert.True(_sample.Data.HasSnapshot(_sample.Snapshot));
    }

    [Fact]
    public void An_empty_directory_of_snapshots_is_found_and_deleted_too()
    {
        Directory.Delete(_sample.SnapshotPath);

        Delete();

        Assert.Equal(["✅ No existing snapshots.tgz found.", "✅ Existing directory snapshots (0 inside) found and deleted."], Successes);
        Assert.Null(_sample.Directory.Find("snapshots"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_finished_archive_stays_with_its_checksum_only_where_two_have_room(bool keeps)
    {
        WriteArchive();

        Delete(fate: keeps ? EarlierArchiveFate.IsReplaced : EarlierArchiveFate.IsDeletedFirst);

        Assert.Equal(
            keeps ? ["snapshots.log", "snapshots.tgz", "snapshots.tgz.sha256"] : ["snapshots.log"],
            _sample.Directory.Content().Where(path => path.StartsWith("snapshots", StringComparison.Ordinal)));
        Assert.Equal(!keeps, _agent.Transcript.Text.Contains("⚠️ There is no room for two archives", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mkfifo \"$0\"")]
    [InlineData("ln -s wal \"$0\"")]
    public void What_is_no_file_is_no_archive_to_be_kept(string plant)
    {
        WriteArchive();
        File.Delete(_sample.Data.Archive);
        SystemTool.Output("sh", "-c", plant, _sample.Data.Archive);

        Delete(fate: EarlierArchiveFate.IsReplaced);

        Assert.Equal(["snapshots.log", "wal/", "wal/00000000"], _sample.Directory.Content());
        Assert.Equal("✅ No existing snapshots.tgz found.", Successes[0]);
    }

    [Fact]
    public void Where_the_snapshots_cannot_be_deleted_the_archive_stays()
    {
        WriteArchive();
        _sample.Directory.Write($"{Other}/wal/0", "x");

        Expect.Failure(() => Delete(), ExitStatus.ArchiveFailed, "holds wal", "Stop that Prometheus");

        Assert.Equal(3, Artefacts.ArchiveFiles.Count(name => _sample.Directory.Find(name) is not null));
        Assert.Empty(Successes);
    }

    [Fact]
    public void A_run_without_an_archive_deletes_only_the_snapshots()
    {
        WriteArchive();

        Delete(fate: EarlierArchiveFate.Stays);

        Assert.Equal(3, Artefacts.ArchiveFiles.Count(name => _sample.Directory.Find(name) is not null));
        Assert.Equal(["✅ Existing directory snapshots (1 inside) found and deleted."], Successes);
    }

    [Fact]
    public void Before_it_is_known_whose_directory_it_is_nothing_is_deleted()
    {
        WriteArchive();
        IReadOnlyList<string> before = _sample.Directory.Content();
        using TargetContainer target = Agent.Beside(_sample.Directory.Root, isProven: false);

        _agent.Get<EarlierArtefacts>()
            .DeleteWhereProven(target, EarlierArchiveFate.IsDeletedFirst, TestContext.Current.CancellationToken);

        Assert.Equal(before, _sample.Directory.Content());
        Assert.Contains(_agent.Transcript.Lines, line => line.StartsWith("Nothing is deleted yet:", StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_proven_before_is_not_deleted_a_second_time()
    {
        _sample.Directory.Make(Other);

        _agent.Get<EarlierArtefacts>().DeleteWhereNowProven(
            _agent.Target,
            EarlierArchiveFate.IsDeletedFirst,
            _sample.Snapshot,
            TestContext.Current.CancellationToken);

        Assert.Contains(Other + "/", _sample.Directory.Content());
    }

    public void Dispose()
    {
        _agent.Dispose();
        _sample.Dispose();
    }

    private void WriteArchive() => Array.ForEach([.. Artefacts.ArchiveFiles], name => _sample.Directory.Write(name, name));

    private void Delete(SnapshotName? except = null, EarlierArchiveFate fate = EarlierArchiveFate.IsDeletedFirst)
    {
        EarlierArtefacts earlier = _agent.Get<EarlierArtefacts>();
        if (except is null)
        {
            earlier.DeleteWhereProven(_agent.Target, fate, TestContext.Current.CancellationToken);
        }
        else
        {
            using TargetContainer target = Agent.Beside(_sample.Directory.Root, isProven: false);
            earlier.DeleteWhereNowProven(target, fate, except, TestContext.Current.CancellationToken);
        }
    }
}
