using System.Text.Json;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>What Prometheus answered; status 0 where no connection could be made.</summary>
internal sealed record HttpAnswer(int Status, string Body)
{
    public JsonElement Data => Json().GetProperty("data");

    public JsonElement Json() => JsonSerializer.Deserialize<JsonElement>(Body);
}
