using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Take;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Runs;

public sealed class MetricsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-metrics-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "oso.prom");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_failed_run_keeps_what_is_known_of_the_last_success()
    {
        MetricsFile.Write(Path, [Result("a", 0, 42), Result("b", 0, 7)], DateTimeOffset.FromUnixTimeSeconds(1000));
        MetricsFile.Write(Path, [Result("a", 4, null)], DateTimeOffset.FromUnixTimeSeconds(2000));

        Assert.Equal(
            [
                "oso_snapshot_last_run_status{pod=\"a\"} 4",
                "oso_snapshot_last_run_status{pod=\"b\"} 0",
                "oso_snapshot_last_run_timestamp_seconds{pod=\"a\"} 2000",
                "oso_snapshot_last_run_timestamp_seconds{pod=\"b\"} 1000",
                "oso_snapshot_last_success_timestamp_seconds{pod=\"a\"} 1000",
                "oso_snapshot_last_success_timestamp_seconds{pod=\"b\"} 1000",
                "oso_snapshot_last_success_bytes{pod=\"a\"} 42",
                "oso_snapshot_last_success_bytes{pod=\"b\"} 7",
            ],
            File.ReadLines(Path).Where(line => line[0] != '#'));
        Assert.Equal([Path], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_it()
    {
        MetricsFile.Write(Path, [Result("a", 0, 42)], DateTimeOffset.FromUnixTimeSeconds(1000));

        System.Diagnostics.ProcessStartInfo start = new("sh", ["-c", $"promtool check metrics <'{Path}' 2>&1"])
        {
            RedirectStandardOutput = true,
        };
        using System.Diagnostics.Process promtool = System.Diagnostics.Process.Start(start)!;
        string output = await promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((string.Empty, 0), (output, promtool.ExitCode));
    }

    [Fact]
    public void Other_users_may_read_it_as_the_umask_says()
    {
        MetricsFile.Write(Path, [Result("a", 0, 42)], DateTimeOffset.FromUnixTimeSeconds(1000));
        File.WriteAllText(Path + ".by-umask", string.Empty);

        using DirectoryHandle directory = DirectoryHandle.Open(_folder);
        Assert.Equal(directory.Find("oso.prom.by-umask")!.Permissions, directory.Find("oso.prom")!.Permissions);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".new")]
    public void A_planted_link_is_not_followed(string extension)
    {
        string secret = System.IO.Path.Combine(_folder, "secret");
        File.WriteAllText(secret, "secret{} 1");
        File.CreateSymbolicLink(Path + extension, secret);

        Exception? end = Record.Exception(
            () => MetricsFile.Write(Path, [Result("a", 0, 42)], DateTimeOffset.FromUnixTimeSeconds(1000)));

        Assert.Equal("secret{} 1", File.ReadAllText(secret));
        Assert.Equal(extension.Length == 0, end is OsoSnapshotCore.OperatorException);
    }

    private static PodResult Result(string pod, int status, long? bytes) => new(pod, status) { Bytes = bytes };
}
