using System.Text.Json;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>Prometheus' answer. The status is 0 if no connection could be made.</summary>
internal sealed record HttpAnswer(int Status, string Body)
{
    public JsonElement Data => Json().GetProperty("data");

    /// <summary>One line for each series of a query's result.</summary>
    public string Series => string.Join(
        '\n',
        Data.GetProperty("result").EnumerateArray().Select(series => series.GetRawText()).Order(StringComparer.Ordinal));

    public JsonElement Json() => JsonSerializer.Deserialize<JsonElement>(Body);
}
