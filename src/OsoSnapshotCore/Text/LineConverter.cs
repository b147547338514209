using System.Text.Json;
using System.Text.Json.Serialization;

namespace OsoSnapshotCore.Text;

/// <summary>Reads each text of JSON from outside as one line: see <see cref="PrintableWriter"/>.</summary>
internal sealed class LineConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Printable.Line(reader.GetString()!);

    public override string ReadAsPropertyName(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Printable.Line(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}
