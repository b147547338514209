using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Volume;

/// <summary>Tests the policy by which all artefacts are deleted.</summary>
public sealed class ArtefactsTests : IDisposable
{
    private const string Other = "snapshots/20250101T000000Z-0123456789abcdef";
    private const string Snapshot = $"snapshots/{SampleData.Name}";

    private readonly SampleData _sample = new SampleData().WithBlock();
    private readonly Artefacts _artefacts;

    public ArtefactsTests()
    {
        _artefacts = new(_sample.Data);
        Directory.Write($"{Other}/{SampleBlock.Ulid}/index", "x");
        Array.ForEach([.. Artefacts.Files], name => Directory.Write(name, name));
    }

    public static TheoryData<string, string> Servers => new(
        from below in (string[])["snapshots", Snapshot, Other, $"{Snapshot}/data/prometheus"]
        from sign in (string[])["wal", "chunks_head", "lock"]
        select (below, sign));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TempDirectory Directory => _sample.Directory;

    [Fact]
    public void The_archive_is_the_last_of_the_files() => Assert.Equal(
        ["snapshots.log", "snapshots.tgz.part", "snapshots.tgz.sha256", "snapshots.tgz"], Artefacts.Files);

    [Fact]
    public void What_is_as_it_should_be_is_not_refused()
    {
        _artefacts.Refuse(Artefacts.Files);

        System.IO.Directory.Delete(Directory.PathOf("snapshots"), recursive: true);
        _artefacts.Refuse(Artefacts.Files);

        Directory.Link("snapshots", "wal");
        _artefacts.Refuse(Artefacts.Files);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public void A_database_at_any_depth_below_snapshots_is_told_before_anything_is_deleted(string below, string sign)
    {
        Directory.Write($"{below}/{sign}", "x");
        IReadOnlyList<string> before = Directory.Content();
        string problem = $"{Directory.PathOf(below)} holds {sign}: it is the database of a Prometheus";

        Expect.Failure(() => _artefacts.Refuse(Artefacts.ArchiveFiles), ExitStatus.ArchiveFailed, problem, "Stop that Prometheus");
        Expect.Failure(() => _artefacts.DeleteAll(Token), ExitStatus.ArchiveFailed, problem, "Stop that Prometheus");

        Assert.Equal(before, Directory.Content());
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public void A_database_that_comes_after_the_first_look_is_not_deleted(string below, string sign)
    {
        Directory.Write($"{below}/{sign}", "x");

        Expect.Failure(() => _artefacts.DeleteSnapshots(except: null, Token), ExitStatus.ArchiveFailed, $"holds {sign}", "Stop that Prometheus");

        Assert.Contains($"{below}/{sign}", Directory.Content());
    }

    [Fact]
    public void A_database_in_the_place_of_the_runs_own_snapshot_is_not_taken_back()
    {
        Directory.Write($"{Snapshot}/wal/0", "x");

        Expect.Failure(() => _artefacts.DeleteSnapshot(_sample.Snapshot), ExitStatus.ArchiveFailed, "holds wal", "Stop that Prometheus");

        Assert.Contains($"{Snapshot}/{SampleBlock.Ulid}/index", Directory.Content());
    }

    [Theory]
    [InlineData("snapshots.tgz", "is a directory, but the agent expects a file of its own there")]
    [InlineData("snapshots.log", "is a directory, but the agent expects a file of its own there")]
    public void A_directory_in_the_place_of_a_file_is_told(string name, string problem)
    {
        File.Delete(Directory.PathOf(name));
        Directory.Write($"{name}/precious", "x");
        IReadOnlyList<string> before = Directory.Content();

        Expect.Failure(() => _artefacts.DeleteAll(Token), ExitStatus.ArchiveFailed, $"{Directory.PathOf(name)} {problem}. Nothing was touched.", "move it away");

        Assert.Equal(before, Directory.Content());
    }

    [Fact]
    public void A_name_that_will_not_be_deleted_is_not_looked_at()
    {
        File.Delete(Directory.PathOf("snapshots.log"));
        Directory.Make("snapshots.log");

        _artefacts.Refuse(Artefacts.ArchiveFiles);
    }

    [Theory]
    [InlineData("touch \"$0\"")]
    [InlineData("mkfifo \"$0\"")]
    public void Something_else_in_the_place_of_the_snapshots_is_told(string plant)
    {
        System.IO.Directory.Delete(Directory.PathOf("snapshots"), recursive: true);
        SystemTool.Output("sh", "-c", plant, Directory.PathOf("snapshots"));

        Expect.Failure(
            () => _artefacts.DeleteAll(Token), ExitStatus.ArchiveFailed,
            $"{Directory.PathOf("snapshots")} is not a directory, but Prometheus makes its snapshots in one. Nothing was touched.", "move it away");

        Assert.NotNull(Directory.Find("snapshots.tgz"));
    }

    [Fact]
    public void Deleting_all_names_what_was_there_and_leaves_the_rest()
    {
        File.Delete(Directory.PathOf("snapshots.tgz.part"));

        Assert.Equal(["snapshots/", "snapshots.log", "snapshots.tgz.sha256", "snapshots.tgz"], _artefacts.DeleteAll(Token));

        Assert.Equal(["wal/", "wal/00000000"], Directory.Content());
        Assert.Empty(_artefacts.DeleteAll(Token));
    }

    [Fact]
    public void How_much_is_deleted_is_counted()
    {
        long below = Directory.Content("snapshots").Count;

        _artefacts.DeleteSnapshots(except: null, Token);

        Assert.Equal(below, _artefacts.DeletedEntries);
    }

    [Fact]
    public void Only_the_excepted_snapshot_stays_and_what_lies_beside_goes()
    {
        Directory.Write("snapshots/file", "x");
        Directory.Link("snapshots/link", "../wal");

        Assert.True(_artefacts.DeleteSnapshots(_sample.Snapshot, Token));

        Assert.Equal([SampleData.Name + "/"], Directory.Content("snapshots").Where(path => path.IndexOf('/', StringComparison.Ordinal) == path.Length - 1));
        Assert.Contains($"{Snapshot}/{SampleBlock.Ulid}/index", Directory.Content());
        Assert.Contains("wal/00000000", Directory.Content());
    }

    [Fact]
    public void Of_a_link_in_the_place_of_the_snapshots_only_the_link_is_deleted_whatever_is_excepted()
    {
        System.IO.Directory.Move(Directory.PathOf("snapshots"), Directory.PathOf("elsewhere"));
        Directory.Link("snapshots", "elsewhere");

        Assert.True(_artefacts.DeleteSnapshots(_sample.Snapshot, Token));

        Assert.Null(Directory.Find("snapshots"));
        Assert.Contains($"elsewhere/{SampleData.Name}/{SampleBlock.Ulid}/index", Directory.Content());
    }

    [Fact]
    public void Without_snapshots_there_is_nothing_to_delete()
    {
        System.IO.Directory.Delete(Directory.PathOf("snapshots"), recursive: true);

        Assert.False(_artefacts.DeleteSnapshots(except: null, Token));
        _artefacts.DeleteSnapshot(_sample.Snapshot);
    }

    [Fact]
    public void What_fails_because_Prometheus_is_at_work_there_is_tried_again()
    {
        // The directory is too deep for the deletion, until the second pause removes its last level.
        string deep = Directory.Make("snapshots/" + string.Join('/', Enumerable.Repeat("d", DirectoryTree.MaxDepth)));
        int pauses = 0;
        Artefacts artefacts = new(_sample.Data)
        {
            Pause = _ =>
            {
                if (++pauses == 2)
                {
                    System.IO.Directory.Delete(deep);
                }
            },
        };

        Assert.True(artefacts.DeleteSnapshots(except: null, Token));

        Assert.Equal(2, pauses);
        Assert.Null(Directory.Find("snapshots"));
    }

    [Fact]
    public void What_cannot_be_deleted_is_told_and_the_archive_stays()
    {
        Directory.Make("snapshots/" + string.Join('/', Enumerable.Repeat("d", DirectoryTree.MaxDepth)));

        Expect.Failure(
            () => _artefacts.DeleteSnapshots(except: null, Token), ExitStatus.ArchiveFailed,
            $"{Directory.PathOf("snapshots")} can't be deleted: ", "Delete it by hand");
        Expect.Failure(() => _artefacts.DeleteAll(Token), ExitStatus.ArchiveFailed, "directories deep", "Delete it by hand");

        Assert.NotNull(Directory.Find("snapshots.tgz"));
        SystemTool.Output("rm", "-r", Directory.PathOf("snapshots"));
    }

    [Fact]
    public void What_may_not_be_deleted_is_told_at_once()
    {
        SystemTool.Output("chmod", "-R", "a+rX,a-w", Directory.Root);

        OtherUser.Do(() => Expect.Failure(
            () => _artefacts.DeleteSnapshots(except: null, Token), ExitStatus.ArchiveFailed, "Permission denied", "a file in it has another owner"));

        Assert.Contains($"{Snapshot}/{SampleBlock.Ulid}/index", Directory.Content());
        SystemTool.Output("chmod", "-R", "u+w", Directory.Root);
    }

    [Fact]
    public void A_signal_ends_the_deletion_and_leaves_the_rest_with_the_archive()
    {
        using CancellationTokenSource signal = new();
        signal.Cancel();

        Assert.Throws<OperationCanceledException>(() => _artefacts.DeleteAll(signal.Token));

        Assert.NotNull(Directory.Find("snapshots"));
        Assert.NotNull(Directory.Find("snapshots.tgz"));
    }

    [Fact]
    public void One_snapshot_is_deleted_alone_and_the_last_with_its_directory()
    {
        _artefacts.DeleteSnapshot(_sample.Snapshot);
        Assert.Equal([Path.GetFileName(Other) + "/", $"{Path.GetFileName(Other)}/{SampleBlock.Ulid}/", $"{Path.GetFileName(Other)}/{SampleBlock.Ulid}/index"], Directory.Content("snapshots"));

        _artefacts.DeleteSnapshot(_sample.Snapshot);
        Assert.NotNull(Directory.Find(Other));

        System.IO.Directory.Delete(Directory.PathOf(Other), recursive: true);
        _sample.WithBlock();
        _artefacts.DeleteSnapshot(_sample.Snapshot);
        Assert.Null(Directory.Find("snapshots"));
    }

    [Fact]
    public void Of_one_snapshot_that_is_a_link_only_the_link_is_deleted()
    {
        System.IO.Directory.Move(_sample.SnapshotPath, Directory.PathOf("elsewhere"));
        Directory.Link(Snapshot, "../elsewhere");

        _artefacts.DeleteSnapshot(_sample.Snapshot);

        Assert.Null(Directory.Find(Snapshot));
        Assert.Contains($"elsewhere/{SampleBlock.Ulid}/index", Directory.Content());
    }

    public void Dispose() => _sample.Dispose();
}
