using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Take;

public sealed class CopyOutputTests : IDisposable
{
    private static readonly string Digits = new('0', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-output-").FullName;

    private string File => Path.Combine(_folder, "archive.tgz");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_second_writer_of_an_output_is_refused_until_the_first_one_has_ended()
    {
        CopyOutput first = CopyOutput.Open(File);
        first.SaveNote();

        OperatorException told = Assert.Throws<OperatorException>(() => CopyOutput.Open(File));

        Assert.Equal(ExitStatus.Busy, told.Status);
        string self = $"is being written by process {Environment.ProcessId} on ";
        Assert.Contains(self, told.Message, StringComparison.Ordinal);
        first.Dispose();
        CopyOutput.Open(File).Dispose();
        Assert.Equal([File + ".part.state"], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData(null, "pod-snapshots.tgz")]
    [InlineData("x/", "x/pod-snapshots.tgz")]
    [InlineData("x.tgz", "x.tgz")]
    public void A_pods_archive_has_its_name(string? output, string file) =>
        Assert.Equal(file, CopyOutput.FileFor(output, "pod"));

    [Fact]
    public void What_a_killed_run_has_left_of_its_checksum_is_deleted_and_nothing_else()
    {
        string left = File + ".sha256.0123456789abcdef.part";
        string[] others =
        [
            File + ".sha256.mine.part", File + ".sha256.0123456789abcdeX.part", Path.Combine(_folder, "b.tgz.sha256.0123456789abcdef.part"),
        ];
        Array.ForEach([left, .. others], path => System.IO.File.WriteAllText(path, "x"));

        CopyOutput.Open(File).Dispose();

        Assert.Equal(others.Order(StringComparer.Ordinal), Directory.GetFiles(_folder).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_made()
    {
        string file = CopyOutput.FileFor(Path.Combine(_folder, "new/"), "pod");

        using CopyOutput output = CopyOutput.Open(file);

        Assert.True(Directory.Exists(Path.Combine(_folder, "new")));
    }

    [Fact]
    public void A_note_survives_its_reader_and_keeps_what_it_does_not_know()
    {
        System.IO.File.WriteAllText(File + ".part.state", "pod=-n oso/p\nfuture=1=2\n");
        using DirectoryHandle directory = DirectoryHandle.Open(_folder);
        ResumePoint note = ResumePoint.Read(new NoteFile(directory, "archive.tgz.part.state"));
        note.Container = "c";
        note.Save();

        Assert.Equal(
            ["container=c", "future=1=2", "pod=-n oso/p"],
            System.IO.File.ReadAllLines(File + ".part.state").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_the_owner_may_read_what_take_writes()
    {
        using CopyOutput output = CopyOutput.Open(File);
        output.SaveNote();
        using (PartFile part = output.OpenPart())
        {
            part.Write("archive"u8);
        }

        AssertOwnerOnly(File + ".part.lock", File + ".part.state", File + ".part");
        output.Publish(Digits);

        Assert.Equal($"{Digits}  archive.tgz\n", System.IO.File.ReadAllText(File + ".sha256"));
        Assert.Equal("archive", System.IO.File.ReadAllText(File));
        AssertOwnerOnly(File, File + ".sha256");
    }

    [Theory]
    [InlineData(".part")]
    [InlineData(".part.state")]
    [InlineData(".part.state.new")]
    [InlineData(".part.lock")]
    [InlineData(".sha256")]
    [InlineData("")]
    public void A_planted_link_is_replaced_or_refused_and_its_destination_stays(string extension)
    {
        string secret = Path.Combine(_folder, "secret");
        System.IO.File.WriteAllText(secret, "secret");
        System.IO.File.CreateSymbolicLink(File + extension, secret);

        Exception? end = Record.Exception(Take);

        Assert.Equal("secret", System.IO.File.ReadAllText(secret));
        Assert.True(end is null or OperatorException, end?.ToString());
        Assert.Equal(end is null, new FileInfo(File) is { Exists: true, LinkTarget: null });
        Assert.Null(end is null ? new FileInfo(File + ".sha256").LinkTarget : null);
    }

    [Theory]
    [InlineData(".part")]
    [InlineData(".part.lock")]
    public void A_hard_link_to_another_file_is_refused_and_that_file_stays(string extension)
    {
        string secret = Path.Combine(_folder, "secret");
        System.IO.File.WriteAllText(secret, "secret");
        using (System.Diagnostics.Process link = System.Diagnostics.Process.Start("ln", [secret, File + extension]))
        {
            link.WaitForExit();
        }

        OperatorException failure = Assert.Throws<OperatorException>(Take);

        Assert.Contains("is a hard link", failure.Message, StringComparison.Ordinal);
        Assert.Equal("secret", System.IO.File.ReadAllText(secret));
    }

    [Theory]
    [InlineData(".part")]
    [InlineData(".part.state")]
    [InlineData(".part.lock")]
    [InlineData("")]
    public async Task A_planted_pipe_hangs_nothing(string extension)
    {
        using (System.Diagnostics.Process mkfifo = System.Diagnostics.Process.Start("mkfifo", File + extension))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Task ends = Task.Run(() => Assert.Throws<OperatorException>(Take), TestContext.Current.CancellationToken);

        await ends.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_partial_file_that_was_replaced_is_no_success()
    {
        using CopyOutput output = CopyOutput.Open(File);
        using (PartFile part = output.OpenPart())
        {
            part.Write("archive"u8);
        }

        System.IO.File.Move(File + ".part", File + ".ours");
        System.IO.File.WriteAllText(File + ".part", "theirs");

        OperatorException failure = Assert.Throws<OperatorException>(() => output.Publish(Digits));
        Assert.Contains("another process replaced the partial file", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_that_appears_meanwhile_is_not_replaced()
    {
        using CopyOutput output = CopyOutput.Open(File);
        using (PartFile part = output.OpenPart())
        {
            part.Write("archive"u8);
        }

        System.IO.File.WriteAllText(File, "theirs");

        Assert.Throws<OperatorException>(() => output.Publish(Digits));
        Assert.Equal("theirs", System.IO.File.ReadAllText(File));
        Assert.Equal("archive", System.IO.File.ReadAllText(File + ".part"));
    }

    [Fact]
    public void Of_writers_at_once_one_has_the_output()
    {
        for (int round = 0; round < 50; round++)
        {
            int writers = 0;
            Parallel.For(0, 4, _ =>
            {
                try
                {
                    using CopyOutput output = CopyOutput.Open(File);
                    Assert.Equal(1, Interlocked.Increment(ref writers));
                    Thread.Sleep(1);
                    Interlocked.Decrement(ref writers);
                }
                catch (OperatorException e) when (e.Status == ExitStatus.Busy)
                {
                    // Another one has it.
                }
            });
        }

        Assert.Empty(Directory.GetFiles(_folder));
    }

    private void Take()
    {
        using CopyOutput output = CopyOutput.Open(File);
        output.SaveNote();
        using (PartFile part = output.OpenPart())
        {
            part.Write("archive"u8);
        }

        output.Publish(Digits);
        output.Note.Delete();
    }

    private void AssertOwnerOnly(params string[] files)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(_folder);
        Assert.All(files, file => Assert.Equal(0x180, directory.Find(Path.GetFileName(file))!.Permissions));
    }
}
