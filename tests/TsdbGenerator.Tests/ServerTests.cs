using System.Globalization;
using System.Text.Json;
using TsdbJudge.Servers;
using TsdbGenerator.Model;

namespace TsdbGenerator.Tests;

/// <summary>Real servers open blocks of each index layout, and answer with the samples of the generator's model.</summary>
public sealed class ServerTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public static TheoryData<string, int, bool, int> Layouts =>
    [
        .. from version in ServerVersion.All
           from indexVersion in (int[])[1, 2, 3]
           where version.CanRead($"index-{indexVersion}")
           from hasLabelIndices in (bool[])[true, false]
           from paddingBytes in (int[])[0, 32]
           select (version.Number, indexVersion, hasLabelIndices, paddingBytes),
    ];

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task A_server_answers_with_every_sample(string version, int indexVersion, bool hasLabelIndices, int paddingBytes)
    {
        GeneratorOptions options = new()
        {
            Directory = _temporary.Path,
            SizeBytes = 24 << 10,
            BlockCount = 1,
            SegmentBytes = 4096,
            Index = new IndexLayout { Version = indexVersion, HasLabelIndices = hasLabelIndices, PaddingBytes = paddingBytes },
        };
        GeneratedBlock block = BlockGenerator.Generate(options)[0];
        using PrometheusServer server = await PrometheusServer.StartAsync(ServerVersion.All.Single(one => one.Number == version), _temporary.Path);
        Assert.True(server.IsRunning);

        Dictionary<string, List<Sample>> read = await QueryAsync(server, block);

        Dictionary<string, List<Sample>> generated = GeneratedBlocks.SamplesOf(options);
        Assert.Equal(generated.Keys.Order(StringComparer.Ordinal), read.Keys.Order(StringComparer.Ordinal));
        Assert.All(generated, series => Assert.Equal(series.Value, read[series.Key]));
        Assert.Equal(string.Empty, server.Kill());
    }

    [Theory]
    [InlineData("2.42")]
    [InlineData("2.53")]
    public async Task Servers_before_3_refuse_index_version_3(string version)
    {
        BlockGenerator.Generate(new GeneratorOptions { Directory = _temporary.Path, SizeBytes = 4096, BlockCount = 1, Index = new IndexLayout { Version = 3 } });

        using PrometheusServer server = await PrometheusServer.StartAsync(ServerVersion.All.Single(one => one.Number == version), _temporary.Path);

        Assert.False(server.IsRunning);
        Assert.Contains("unknown index file version 3", server.Kill(), StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, List<Sample>>> QueryAsync(PrometheusServer server, GeneratedBlock block)
    {
        string query = Uri.EscapeDataString($$"""{__name__=~".+"}[{{(block.MaxTime - block.MinTime) / 1000}}s]""");
        Uri address = new($"api/v1/query?query={query}&time={(block.MaxTime - 1) / 1000m}", UriKind.Relative);
        using JsonDocument answer = JsonDocument.Parse(await server.Client.GetStringAsync(address));
        return answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().ToDictionary(
            series => "{" + string.Join(", ", series.GetProperty("metric").EnumerateObject().Select(label => $"{label.Name}=\"{label.Value}\"")) + "}",
            series => series.GetProperty("values").EnumerateArray().Select(Parse).ToList());
    }

    private static Sample Parse(JsonElement pair) =>
        new((long)(pair[0].GetDecimal() * 1000), double.Parse(pair[1].GetString()!, CultureInfo.InvariantCulture));
}
