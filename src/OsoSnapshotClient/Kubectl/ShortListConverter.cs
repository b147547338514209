using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace OsoSnapshotClient.Kubectl;

/// <summary>Reads a list without holes, whose entries take less memory than the longest answer could ask for.</summary>
/// <param name="type">How an entry is read.</param>
internal abstract class ShortListConverter<T>(Func<JsonTypeInfo<T>> type) : JsonConverter<IReadOnlyList<T>>
    where T : class
{
    // etcd's limit of 1.5 MiB leaves a pod room for fewer containers.
    private const int MaxEntries = 10_000;

    public override IReadOnlyList<T> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("a list is none");
        }

        List<T> entries = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            T? entry = entries.Count < MaxEntries ? JsonSerializer.Deserialize(ref reader, type()) : null;
            entries.Add(entry ?? throw new JsonException($"entry {entries.Count} of a list is null, or one too many"));
        }

        return entries;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();
}

internal sealed class ContainersConverter() : ShortListConverter<PodContainer>(() => PodJson.Default.PodContainer);

internal sealed class StatusesConverter() : ShortListConverter<ContainerStatus>(() => PodJson.Default.ContainerStatus);

internal sealed class WordsConverter() : ShortListConverter<string>(() => PodJson.Default.String);
