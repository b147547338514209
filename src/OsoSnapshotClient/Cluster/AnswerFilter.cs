using System.Buffers;
using System.Text.Json;

namespace OsoSnapshotClient.Cluster;

/// <summary>
/// Copies an answer of the API server without the lists and objects that nobody here reads. The library would take
/// memory for each, and for a quantity such as 1e999999999 without end.
/// </summary>
internal static class AnswerFilter
{
    // A pod has some 200, and an empty object of four bytes may become an object of hundreds.
    private const int MaxValues = 100_000;

    private static readonly string[] Dropped =
    [
        "managedFields", "resources", "allocatedResources", "capacity", "overhead", "env", "volumes",
        "volumeClaimTemplates", "affinity", "tolerations", "initContainers", "initContainerStatuses",
    ];

    /// <exception cref="JsonException">It is no JSON, is nested too deeply, or has more values than a true answer.
    /// </exception>
    public static byte[] Copy(ReadOnlySpan<byte> json)
    {
        ArrayBufferWriter<byte> kept = new(Math.Max(256, json.Length));
        using Utf8JsonWriter writer = new(kept);
        Utf8JsonReader reader = new(json);
        int values = 0;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                CopyProperty(ref reader, writer);
            }
            else
            {
                CopyValue(ref reader, writer);
            }

            if (++values > MaxValues)
            {
                throw new JsonException($"it has more than {MaxValues} values");
            }
        }

        writer.Flush();
        return kept.WrittenSpan.ToArray();
    }

    // A label may have the same name, and its value is a string.
    private static void CopyProperty(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        string name = reader.GetString()!;
        reader.Read();
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && Dropped.Contains(name))
        {
            reader.Skip();
            return;
        }

        writer.WritePropertyName(name);
        CopyValue(ref reader, writer);
    }

    private static void CopyValue(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                break;
            case JsonTokenType.EndObject:
                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                break;
            case JsonTokenType.EndArray:
                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                writer.WriteStringValue(reader.GetString());
                break;
            default:
                writer.WriteRawValue(reader.ValueSpan);
                break;
        }
    }
}
