using System.Globalization;
using System.Text;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Verify;

/// <summary>Tests that any content of a real Prometheus is archived and found sound.</summary>
public sealed class CraftedContentTests : IDisposable
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-crafted-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Label_values_that_are_tar_headers_at_every_place_are_archived_verified_and_restored()
    {
        // The period is one byte longer than a tar block, so one of 512 copies starts where a block of the archive
        // starts.
        string[] headers = [.. "xgLK0".Select(type => Header(type, type == '0' ? 0 : 0x1FFFFFFFF))];
        DateTimeOffset time = TimeProvider.System.GetUtcNow().AddHours(-5);
        IEnumerable<string> series = headers.Select((header, number) =>
            $"crafted{{number=\"{number}\",value=\"{string.Concat(Enumerable.Repeat(header + " ", 512))}\"}}");
        string data = await MakeBlocksAsync(series, time);
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { InitialData = data });
        string answer = await pod.QueryAsync("crafted", time);

        (await pod.RunAgentAsync()).EndedWith(0);

        Assert.All(await CountBlocksAsync(pod.Archive, headers), count => Assert.InRange(count, 1, 512));
        (await HostCommand.RunAsync(RunningAgent.Binary, "verify", pod.Archive)).Succeeded();
        string restored = await Judge.RestoreAsync(pod.Archive, Path.Combine(_directory, "restored"));
        await using PrometheusPod second = await Judge.StartRestoredAsync(restored, pod.Options.Version);
        Assert.InRange(answer.Length, 5 * 512 * 513, int.MaxValue);
        Assert.Equal(answer, await second.QueryAsync("crafted", time));
    }

    [Theory]
    [InlineData(253_402_304_400, false)]
    [InlineData(0, true)]
    public async Task A_block_of_the_year_10000_or_one_that_ends_before_it_starts_and_stray_files_are_no_damage(
        long unixSeconds, bool endsFirst)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        decimal seconds = unixSeconds > 0 ? unixSeconds : now.AddHours(-5).ToUnixTimeSeconds();
        string data = await MakeBlocksAsync(["kept{}"], seconds);
        string block = Assert.Single(Directory.GetDirectories(data));
        await File.WriteAllTextAsync(Path.Combine(block, "chunks/.nfs0001"), "x", Token);
        if (endsFirst)
        {
            string meta = await File.ReadAllTextAsync(Path.Combine(block, "meta.json"), Token);
            string swapped = meta.Replace("minTime", "m", StringComparison.Ordinal)
                .Replace("maxTime", "minTime", StringComparison.Ordinal)
                .Replace("\"m\"", "\"maxTime\"", StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(block, "meta.json"), swapped, Token);
        }

        // A block of the future keeps the head from taking samples of today.
        PodOptions options = new() { InitialData = data, ScrapesItself = false };
        await using PrometheusPod pod = await PrometheusPod.StartAsync(options);
        AgentResult result = (await pod.RunAgentAsync()).EndedWith(0);

        Assert.Contains("  Blocks      1\n", result.Output, StringComparison.Ordinal);
        IReadOnlyList<string> names = await Judge.TarNamesAsync(pod.Archive);
        Assert.Contains(names, name => name.EndsWith("/chunks/.nfs0001", StringComparison.Ordinal));
    }

    // The header has only printable letters and the right checksum: POSIX.1-2017, pax, "ustar Interchange Format".
    private static string Header(char type, long size)
    {
        StringBuilder header = new(new string('n', 100) + "0000644 0000000 0000000 ");
        header.Append(Convert.ToString(size, 8).PadLeft(11, '0')).Append(" 15051777460         ").Append(type);
        header.Append(new string('l', 100)).Append("ustar 00").Append('h', 512 - header.Length);
        string sum = Convert.ToString(header.ToString().Sum(letter => letter), 8).PadLeft(6, '0');
        return header.Remove(148, 6).Insert(148, sum).ToString();
    }

    private Task<string> MakeBlocksAsync(IEnumerable<string> series, DateTimeOffset time) =>
        MakeBlocksAsync(series, time.ToUnixTimeMilliseconds() / 1000m);

    private async Task<string> MakeBlocksAsync(IEnumerable<string> series, decimal unixSeconds)
    {
        string text = Path.Combine(_directory, "text");
        string data = Path.Combine(_directory, "data");
        IEnumerable<string> lines = series.Select((each, value) =>
            string.Create(CultureInfo.InvariantCulture, $"{each} {value} {unixSeconds}"));
        await File.WriteAllLinesAsync(text, [.. lines, "# EOF"], Token);
        string promtool = PrometheusVersion.V2_42.Promtool;
        (await HostCommand.RunAsync(promtool, "tsdb", "create-blocks-from", "openmetrics", text, data)).Succeeded();
        return data;
    }

    // Counts how often each text is a block of 512 bytes of the archive's tar.
    private static async Task<IEnumerable<int>> CountBlocksAsync(string archive, IEnumerable<string> texts)
    {
        const string Program = """
            import gzip, sys
            found = dict.fromkeys(sys.argv[2:], 0)
            with gzip.open(sys.argv[1]) as tar:
                while block := tar.read(512):
                    text = block.decode('latin-1')
                    if text in found:
                        found[text] += 1
            print(*found.values())
            """;
        CommandResult counted = (await HostCommand.RunAsync(["python3", "-c", Program, archive, .. texts])).Succeeded();
        return counted.Output.Split(' ').Select(count => int.Parse(count, CultureInfo.InvariantCulture));
    }
}
