using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Files.Portable;

namespace OsoSnapshotClient.Tests.Restore;

/// <summary>Tests what a restore makes in its target, and what it never touches there.</summary>
public sealed class RestoreTargetTests : IDisposable
{
    private const string Block = "01J5QZ8X0M3N4P5Q6R7S8T9V0W";
    private const int Rounds = 20;

    private readonly ArchiveSample _sample = new();

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void The_blocks_lie_in_the_target_as_they_were_packed_and_nothing_else()
    {
        _sample.Restore();

        _sample.AssertRestored();
        Assert.Equal(2, Directory.GetFileSystemEntries(_sample.Restored).Length);
    }

    [Fact]
    public void Where_the_system_has_no_descriptors_a_restore_leaves_no_lock_file()
    {
        Fill(Target(isPortable: true), Write);

        Assert.Equal([Path.Combine(_sample.Restored, Block)], Directory.GetFileSystemEntries(_sample.Restored));
        Assert.Equal(["chunks", "meta.json"], Directory.GetFileSystemEntries(_sample.Restored + "/" + Block).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Nothing_stays_of_a_restore_that_fails_where_the_system_has_no_descriptors()
    {
        Assert.Throws<IOException>(() => Fill(Target(isPortable: true), FailAfterWriting));

        Assert.Empty(Directory.GetFileSystemEntries(_sample.Restored));
    }

    [Theory]
    [InlineData(".restoring")]
    [InlineData(".restoring-0011223344556677")]
    public void The_remains_of_a_killed_restore_are_told_with_the_command_that_deletes_them(string name)
    {
        string remains = Directory.CreateDirectory(Path.Combine(_sample.Restored, name)).FullName;

        OperatorException failure = Assert.Throws<OperatorException>(() => _sample.Restore());

        Assert.Equal(ClientStatus.Failed, failure.Status);
        Assert.Contains($"is not empty: it holds {remains}, which a restore that was killed has left", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"(rm -r {remains})", failure.Remedy, StringComparison.Ordinal);
        Assert.Equal([remains], Directory.GetFileSystemEntries(_sample.Restored));
    }

    [Fact]
    public void The_own_directory_of_a_new_file_system_counts_as_empty_and_is_left_alone()
    {
        Directory.CreateDirectory(Path.Combine(_sample.Restored, "lost+found"));

        _sample.Restore();

        Assert.True(Directory.Exists(Path.Combine(_sample.Restored, "lost+found")));
        _sample.AssertRestored();
    }

    [Theory]
    [InlineData("lost+found")]
    [InlineData(".restoring")]
    public void A_planted_link_does_not_count_as_empty_and_is_not_followed(string name)
    {
        Directory.CreateDirectory(_sample.Restored);
        File.CreateSymbolicLink(Path.Combine(_sample.Restored, name), _sample.Outside);

        OperatorException failure = Assert.Throws<OperatorException>(() => _sample.Restore());

        Assert.Contains("name an empty directory", failure.Remedy, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_sample.Outside));
    }

    [Fact]
    public void A_restore_is_refused_with_8_while_another_is_at_work_and_its_files_stay()
    {
        Fill(Target(), visitor =>
        {
            Write(visitor);
            OperatorException failure = Assert.Throws<OperatorException>(() => _sample.Restore());
            Assert.Equal(ExitStatus.Busy, failure.Status);
            Assert.Contains("is in use", failure.Message, StringComparison.Ordinal);
        });

        Assert.Equal([Path.Combine(_sample.Restored, Block)], Directory.GetFileSystemEntries(_sample.Restored));
    }

    [Fact]
    public async Task Of_restores_at_once_exactly_one_succeeds_and_its_blocks_are_whole()
    {
        for (int round = 0; round < Rounds; round++)
        {
            Exception?[] ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Record.Exception(() =>
                new RestoreRun(
                    _sample.Archive, new(_sample.Restored, null, TextWriter.Null, TimeProvider.System), TextWriter.Null)
                    .Run(TestContext.Current.CancellationToken)))));

            Assert.Single(ends, end => end is null);
            Assert.All(ends, end => Assert.True(end is null or OperatorException, end?.ToString()));
            _sample.AssertRestored();
            Directory.Delete(_sample.Restored, recursive: true);
        }
    }

    [Theory]
    [InlineData("wal")]
    [InlineData(Block)]
    public void What_appears_meanwhile_stays_and_the_restore_leaves_nothing(string name)
    {
        string appeared = Path.Combine(_sample.Restored, name);

        OperatorException failure = Assert.Throws<OperatorException>(() => Fill(Target(), visitor =>
        {
            Write(visitor);
            Directory.CreateDirectory(appeared);
            File.WriteAllText(Path.Combine(appeared, "meta.json"), "theirs");
        }));

        Assert.Contains("is not empty: it holds " + appeared, failure.Message, StringComparison.Ordinal);
        Assert.Equal([appeared], Directory.GetFileSystemEntries(_sample.Restored));
        Assert.Equal("theirs", File.ReadAllText(Path.Combine(appeared, "meta.json")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_moved_is_taken_back_and_what_has_its_name_now_stays(bool isSwapped)
    {
        using DirectoryHandle target = DirectoryHandle.OpenOrCreate(_sample.Restored);
        using DirectoryHandle scratch = target.CreateDirectory("scratch", isPrivate: true);
        using Unpacking unpacking = new(scratch, owner: null, _ => { });
        Write(unpacking);
        unpacking.MoveTo(target);
        string block = Path.Combine(_sample.Restored, Block);
        if (isSwapped)
        {
            Directory.Move(block, _sample.PathOf("stolen"));
            Directory.CreateDirectory(block);
            File.WriteAllText(Path.Combine(block, "meta.json"), "theirs");
            Assert.ThrowsAny<IOException>(() => unpacking.Compare(target));
        }

        unpacking.Undo(target);

        Assert.Equal(isSwapped, File.Exists(Path.Combine(block, "meta.json")));
        Assert.Equal(isSwapped ? 2 : 1, Directory.GetFileSystemEntries(_sample.Restored).Length);
    }

    [Theory]
    [InlineData("meta.json", "longer than it was")]
    [InlineData("chunks/000001", null)]
    [InlineData("index", "added")]
    public void What_differs_after_the_move_is_no_success(string file, string? content)
    {
        using DirectoryHandle target = DirectoryHandle.OpenOrCreate(_sample.Restored);
        using DirectoryHandle scratch = target.CreateDirectory("scratch", isPrivate: true);
        using Unpacking unpacking = new(scratch, owner: null, _ => { });
        Write(unpacking);
        unpacking.MoveTo(target);
        unpacking.Compare(target);

        string path = Path.Combine(_sample.Restored, Block, file);
        File.Delete(path);
        if (content is not null)
        {
            File.WriteAllText(path, content);
        }

        Assert.Contains("another process", Assert.Throws<IOException>(() => unpacking.Compare(target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_that_replace_the_scratch_directory_lead_nowhere()
    {
        using CancellationTokenSource over = new();
        Task swaps = Task.Run(() => SwapUntil(over.Token), TestContext.Current.CancellationToken);
        for (int round = 0; round < Rounds; round++)
        {
            Exception? end = Record.Exception(() => _sample.Restore());
            Assert.True(end is null or OperatorException, end?.ToString());
            if (end is null)
            {
                _sample.AssertRestored();
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
            foreach (string left in Directory.GetFileSystemEntries(_sample.Restored))
            {
                Move(left, _sample.PathOf("left" + Guid.NewGuid().ToString("N")));
            }
        }

        await over.CancelAsync();
        await swaps;
        Assert.Empty(Directory.GetFileSystemEntries(_sample.Outside));
    }

    [Fact]
    public async Task What_is_unpacked_is_what_was_checked_though_two_archives_take_turns_at_the_name()
    {
        using ArchiveSample other = new(seed: 2);
        File.Delete(_sample.Archive + ".sha256");
        using CancellationTokenSource over = new();
        Task turns = Task.Run(() => TakeTurnsUntil(other.Archive, over.Token), TestContext.Current.CancellationToken);
        for (int round = 0; round < Rounds; round++)
        {
            _sample.Restore();

            string[] restored = EarlierVersion.FilesIn(_sample.Restored);
            Assert.True(restored.SequenceEqual(_sample.Packed) || restored.SequenceEqual(other.Packed), $"round {round}");
            Directory.Delete(_sample.Restored, recursive: true);
        }

        await over.CancelAsync();
        await turns;
    }

    [Fact]
    public void The_files_the_directories_and_the_target_belong_to_the_owner()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can give files away");

        _sample.Restore(new(65534, 65533));

        using DirectoryHandle target = DirectoryHandle.Open(_sample.Restored);
        IEnumerable<FileStatus> all = DirectoryTree.Walk(target, TreeOrder.AsListed).Select(item => item.Status!).Append(target.Status);
        Assert.All(all, status => Assert.Equal((65534u, 65533u), (status.UserId, status.GroupId)));
    }

    private RestoreTarget Target(bool isPortable = false) => new(_sample.Restored, null, _sample.Said, TimeProvider.System)
    {
        Opens = isPortable ? OpenPortable : DirectoryHandle.OpenOrCreate,
    };

    private static PortableDirectory OpenPortable(string path) =>
        PortableDirectory.OpenPath(Directory.CreateDirectory(path).FullName);

    private static void Fill(RestoreTarget target, Action<IEntryVisitor> unpack) => target.Fill(bytes: 1, unpack);

    private static void Write(IEntryVisitor visitor)
    {
        foreach (string path in (string[])[$"{Block}/meta.json", $"{Block}/chunks/000001"])
        {
            visitor.StartFile(new TarHeader(path, TarEntryKind.File, 2), path);
            visitor.Append([1, 2]);
            visitor.FinishFile();
        }
    }

    private static void FailAfterWriting(IEntryVisitor visitor)
    {
        Write(visitor);
        visitor.StartFile(new TarHeader("index", TarEntryKind.File, 9), $"{Block}/index");
        visitor.Append([1]);
        throw new IOException("the disk failed");
    }

    private void TakeTurnsUntil(string other, CancellationToken over)
    {
        byte[][] archives = [File.ReadAllBytes(_sample.Archive), File.ReadAllBytes(other)];
        for (int turn = 0; !over.IsCancellationRequested; turn++)
        {
            File.WriteAllBytes(_sample.Archive + ".next", archives[turn % 2]);
            File.Move(_sample.Archive + ".next", _sample.Archive, overwrite: true);
        }
    }

    private void SwapUntil(CancellationToken over)
    {
        for (int count = 0; !over.IsCancellationRequested; count++)
        {
            string[] found = Directory.Exists(_sample.Restored) ? Directory.GetDirectories(_sample.Restored, ".restoring*") : [];
            foreach (string scratch in found.Where(path => new DirectoryInfo(path).LinkTarget is null))
            {
                if (Move(scratch, _sample.PathOf($"stolen{count}")))
                {
                    File.CreateSymbolicLink(scratch, _sample.Outside);
                }
            }
        }
    }

    private static bool Move(string from, string to)
    {
        try
        {
            if (new FileInfo(from).LinkTarget is null)
            {
                Directory.Move(from, to);
            }
            else
            {
                File.Delete(from);
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
