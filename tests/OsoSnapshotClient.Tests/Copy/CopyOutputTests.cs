using OsoSnapshotClient.Copy;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Copy;

public sealed class CopyOutputTests : IDisposable
{
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
        CopyNote note = CopyNote.Read(File + ".part.state");
        note.Container = "c";
        note.Save();

        Assert.Equal(
            ["container=c", "future=1=2", "pod=-n oso/p"],
            System.IO.File.ReadAllLines(File + ".part.state").Order(StringComparer.Ordinal));
    }
}
