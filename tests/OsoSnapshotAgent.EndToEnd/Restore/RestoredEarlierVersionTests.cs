using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Restore;

/// <summary>
/// Tests that Prometheus answers from what version 0.2.0 wrote and this version restores. Works on a copy.
/// </summary>
public sealed class RestoredEarlierVersionTests : IAsyncLifetime
{
    private static readonly PodOptions Pod = new()
    {
        ScrapesItself = false,
        // The blocks only get older.
        Flags = ["--storage.tsdb.retention.time=100y"],
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-earlier-").FullName;

    private string Archive => Path.Combine(_folder, "0.2.0/snapshots.tgz");

    private string Backups => Path.Combine(_folder, "0.2.0/backups");

    private string Restored => Path.Combine(_folder, "restored");

    public async ValueTask InitializeAsync() =>
        (await HostCommand.RunAsync("cp", "-r", Repository.PathOf("tests/fixtures/0.2.0"), _folder)).Succeeded();

    public async ValueTask DisposeAsync() => await HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", _folder));

    [Fact]
    public async Task The_agent_and_the_client_find_the_archive_sound()
    {
        foreach (string program in (string[])[RunningAgent.Binary, Client.Binary])
        {
            CommandResult verify = (await HostCommand.RunAsync(program, "verify", Archive)).Succeeded();
            Assert.Contains(" is sound.", verify.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("20261129T115641Z-260dd66d90102c37")]
    [InlineData("20261129T115715Z-7d50abf2a2ac78e1")]
    public async Task Prometheus_answers_with_all_samples_of_a_restored_snapshot(string snapshot)
    {
        (await HostCommand.RunAsync(HostCommand.AsRoot(
            Client.Binary, "restore", Backups, Restored, "--at", snapshot, "--owner", Pod.User))).Succeeded();

        string list = await File.ReadAllTextAsync(
            Path.Combine(Backups, $"snapshots/oso.{Cluster.Pod}/{snapshot}.json"), TestContext.Current.CancellationToken);
        JsonArray blocks = JsonNode.Parse(list)!["blocks"]!.AsArray();
        await HasSamplesAsync(
            blocks.Sum(block => (long)block!["samples"]!),
            DateTimeOffset.FromUnixTimeMilliseconds(blocks.Max(block => (long)block!["to"]!)));
    }

    [Fact]
    public async Task Prometheus_answers_with_all_samples_of_the_restored_archive()
    {
        (await HostCommand.RunAsync(HostCommand.AsRoot(
            Client.Binary, "restore", Archive, Restored, "--owner", Pod.User))).Succeeded();

        await HasSamplesAsync(15888, new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    }

    private async Task HasSamplesAsync(long samples, DateTimeOffset end)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Pod with { InitialData = Restored });

        string query = Uri.EscapeDataString("{__name__!=\"\"}[1d]");
        HttpAnswer answer = await pod.GetAsync($"api/v1/query?query={query}&time={end.ToUnixTimeMilliseconds() / 1000m}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            samples,
            answer.Data.GetProperty("result").EnumerateArray().Sum(one => one.GetProperty("values").GetArrayLength()));
    }
}
