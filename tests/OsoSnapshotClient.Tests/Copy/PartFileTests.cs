using OsoSnapshotClient.Copy;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Copy;

public sealed class PartFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-part-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_copy_and_its_report_may_save_at_the_same_time()
    {
        string file = Path.Combine(_folder, "archive.tgz");
        using CopyOutput output = CopyOutput.Open(file);
        output.Note.Container = "oso-snapshot-1";
        output.SaveNote();
        using PartFile part = PartFile.Open(output);
        part.BeginRanges();

        Parallel.For(0, 400, offset =>
        {
            part.Write(offset, "x"u8);
            part.Save();
        });

        using DirectoryHandle directory = DirectoryHandle.Open(_folder);
        ResumePoint note = ResumePoint.Read(directory, "archive.tgz.part.state");
        Assert.Equal("oso-snapshot-1", note.Container);
        Assert.Equal("0-400", note.Ranges);
    }
}
