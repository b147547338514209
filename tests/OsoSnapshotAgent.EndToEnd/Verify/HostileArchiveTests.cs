using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Verify;

/// <summary>Tests that <c>verify</c> judges any archive in little memory, and prints no control characters.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    private const long MaxPeakKiB = 64 * 1024;

    private const long MaxClientPeakKiB = 100 * 1024;

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-hostile-").FullName;

    public static TheoryData<string> Contents =>
    [
        "a million empty segments",
        "gaps between segments",
        "segments of huge numbers",
        "long names",
        "deep names",
        "names too long",
        "a ULID of control characters",
        "a name of control characters",
        "blocks with problems",
        "blocks of impossible size",
        "empty blocks",
        "meta.json with a ULID of a MiB",
        "meta.json with an escaped ULID of a MiB",
        "meta.json of a GiB",
        "extended headers of a MiB",
        "global headers of a MiB",
        "an extended header of a GiB",
        "a GiB of zeros after the end",
    ];

    private string Archive => Path.Combine(_directory, "snapshots.tgz");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Contents))]
    public async Task A_hostile_archive_is_judged_in_64_MiB(string content)
    {
        await WriteAsync(content);

        await AssertJudgedAsync(6);
        await AssertJudgedAsync(6, "--json");
    }

    [Theory]
    [MemberData(nameof(Contents))]
    public async Task The_client_judges_a_hostile_archive_and_restores_nothing_of_it_in_100_MiB(string content)
    {
        await WriteAsync(content);
        string restored = Path.Combine(_directory, "restored");

        await AssertEndsAsync(6, MaxClientPeakKiB, Client.Binary, "verify", Archive);
        await AssertEndsAsync(1, MaxClientPeakKiB, Client.Binary, "restore", Archive, restored);
        Assert.Empty(Directory.EnumerateFileSystemEntries(restored));
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

    private Task AssertJudgedAsync(int status, params string[] options) =>
        AssertEndsAsync(status, MaxPeakKiB, [RunningAgent.Binary, "verify", Archive, .. options]);

    private static async Task AssertEndsAsync(int status, long maxPeakKiB, params string[] command)
    {
        CommandResult run = (await HostCommand.RunAsync(["python3", Script("peak.py"), .. command])).Succeeded();
        string[] figures = run.Output.Split(' ');

        Assert.True(figures[0] == $"{status}", $"status {figures[0]}: {run.Error}");
        Assert.InRange(long.Parse(figures[1], CultureInfo.InvariantCulture), 1, maxPeakKiB);
        Assert.Equal("0", figures[2].Trim());
    }

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Verify", name);
}
