using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Verify;

/// <summary>Tests that <c>verify</c> judges any archive in little memory, and prints no control characters.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    private const long MaxPeakKiB = 64 * 1024;

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-hostile-").FullName;

    private string Archive => Path.Combine(_directory, "snapshots.tgz");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("a million empty segments")]
    [InlineData("gaps between segments")]
    [InlineData("segments of huge numbers")]
    [InlineData("long names")]
    [InlineData("deep names")]
    [InlineData("names too long")]
    [InlineData("a ULID of control characters")]
    [InlineData("a name of control characters")]
    [InlineData("blocks with problems")]
    [InlineData("blocks of impossible size")]
    [InlineData("empty blocks")]
    [InlineData("meta.json with a ULID of a MiB")]
    [InlineData("meta.json with an escaped ULID of a MiB")]
    [InlineData("meta.json of a GiB")]
    [InlineData("extended headers of a MiB")]
    [InlineData("global headers of a MiB")]
    [InlineData("an extended header of a GiB")]
    [InlineData("a GiB of zeros after the end")]
    public async Task A_hostile_archive_is_judged_in_64_MiB(string content)
    {
        await WriteAsync(content);

        await AssertJudgedAsync(6);
        await AssertJudgedAsync(6, "--json");
    }

    [Fact]
    public async Task A_file_of_11_GiB_in_11_MB_is_judged_in_64_MiB()
    {
        await WriteAsync("a file of 11 GiB");

        Assert.InRange(new FileInfo(Archive).Length, 1, 12_000_000);
        await AssertJudgedAsync(status: 6);
    }

    private async Task WriteAsync(string content) =>
        (await HostCommand.RunAsync("python3", Script("hostile.py"), content, Archive)).Succeeded();

    private async Task AssertJudgedAsync(int status, params string[] options)
    {
        string[] verify = [RunningAgent.Binary, "verify", Archive, .. options];
        CommandResult run = (await HostCommand.RunAsync(["python3", Script("peak.py"), .. verify])).Succeeded();
        string[] figures = run.Output.Split(' ');

        Assert.True(figures[0] == $"{status}", $"status {figures[0]}: {run.Error}");
        Assert.InRange(long.Parse(figures[1], CultureInfo.InvariantCulture), 1, MaxPeakKiB);
        Assert.Equal("0", figures[2].Trim());
    }

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Verify", name);
}
