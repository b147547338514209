using OsoSnapshotClient.Take;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Take;

public sealed class PartFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-part-").FullName;

    private string File => Path.Combine(_folder, "archive.tgz");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_copy_and_its_report_may_save_at_the_same_time()
    {
        using CopyOutput output = CopyOutput.Open(File);
        output.Note.Container = "oso-snapshot-1";
        output.SaveNote();
        using (PartFile part = output.OpenPart())
        {
            Parallel.Invoke(
                () =>
                {
                    for (int i = 0; i < 400; i++)
                    {
                        part.Write("x"u8);
                    }
                },
                () =>
                {
                    for (int i = 0; i < 100; i++)
                    {
                        output.SaveNote();
                    }
                });
        }

        using DirectoryHandle directory = DirectoryHandle.Open(_folder);
        ResumePoint note = ResumePoint.Read(new NoteFile(directory, "archive.tgz.part.state"));
        Assert.Equal("oso-snapshot-1", note.Container);
        Assert.Equal(new('x', 400), System.IO.File.ReadAllText(File + ".part"));
    }

    [Fact]
    public async Task What_is_read_beside_the_copy_begins_with_the_bytes_of_earlier_runs_and_ends_with_the_copy()
    {
        using CopyOutput output = CopyOutput.Open(File);
        using (PartFile earlier = output.OpenPart())
        {
            earlier.Write("earlier "u8);
        }

        using PartFile part = output.OpenPart();
        Assert.Equal(8, part.DoneBytes);
        using MemoryStream read = new();
        Stream followed = part.Follow();
        Task reading = Task.Run(() => followed.CopyTo(read), TestContext.Current.CancellationToken);
        part.Write("later"u8);
        part.Complete();
        await reading.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal("earlier later"u8, read.ToArray());
        Assert.Equal(13, part.DoneBytes);
    }

    [Fact]
    public void After_a_restart_nothing_of_the_earlier_bytes_is_left()
    {
        using CopyOutput output = CopyOutput.Open(File);
        using PartFile part = output.OpenPart();
        part.Write("the earlier bytes"u8);

        part.Restart();
        part.Write("new"u8);

        Assert.Equal(3, part.DoneBytes);
        Assert.Equal("new", System.IO.File.ReadAllText(File + ".part"));
    }
}
