using System.Text.Json;
using System.Text.Json.Serialization;
using OsoSnapshotClient.Take;

namespace OsoSnapshotClient.Runs;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PodResult))]
internal sealed partial class ResultJson : JsonSerializerContext
{
    /// <returns>The result as one JSON object on one line.</returns>
    public static string Line(PodResult result) => JsonSerializer.Serialize(result, Default.PodResult);
}
