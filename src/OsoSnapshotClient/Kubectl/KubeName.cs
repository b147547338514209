using System.Text.Json;
using System.Text.Json.Serialization;

namespace OsoSnapshotClient.Kubectl;

/// <summary>
/// The names that Kubernetes allows (RFC 1123). Such a name is no flag of kubectl, and never leads out of a folder.
/// </summary>
internal static class KubeName
{
    private const int MaxLabelLetters = 63;
    private const int MaxSubdomainLetters = 253;

    /// <summary>Whether it may name a namespace or a container.</summary>
    public static bool IsLabel(string text) =>
        text.Length is > 0 and <= MaxLabelLetters
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    /// <summary>Whether it may name a pod.</summary>
    public static bool IsPod(string text) => text.Length <= MaxSubdomainLetters && text.Split('.').All(IsLabel);
}

/// <summary>Refuses what is no name in the JSON of the cluster.</summary>
internal abstract class KubeNameConverter(Predicate<string> isName) : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } name && isName(name)
            ? name
            : throw new JsonException("Kubernetes allows no such name");

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}

internal sealed class PodNameConverter() : KubeNameConverter(KubeName.IsPod);

internal sealed class LabelConverter() : KubeNameConverter(KubeName.IsLabel);
