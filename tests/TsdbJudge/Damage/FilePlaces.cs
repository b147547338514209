using System.Text;
using System.Text.RegularExpressions;

namespace TsdbJudge.Damage;

/// <summary>Lists the fields of a sound file of a block.</summary>
internal static partial class FilePlaces
{
    private const byte XorEncoding = 1;

    public static IReadOnlyList<Place> Of(string path, byte[] content) => path switch
    {
        "index" => IndexPlaces.Of(content),
        "tombstones" => OfTombstones(content),
        "meta.json" => OfMeta(content),
        _ => OfSegment(content),
    };

    // Source: Prometheus, tsdb/docs/format/chunks.md.
    private static List<Place> OfSegment(byte[] segment)
    {
        PlaceReader reader = new(segment) { Section = "segment" };
        reader.Skip("magic", 4);
        reader.Skip("version", 1);
        reader.Skip("padding", 3);
        reader.Section = "chunk";
        while (reader.At < segment.Length)
        {
            int length = (int)reader.Uvarint("length");
            int end = reader.At + 1 + length;
            reader.Checked(1 + length, () => ReadChunk(reader, end));
        }

        return reader.Places;
    }

    private static void ReadChunk(PlaceReader reader, int end)
    {
        byte encoding = reader.Skip("encoding", 1)[0];
        reader.Skip("samples", 2);
        if (encoding == XorEncoding)
        {
            reader.Uvarint("firstTime");
            reader.Skip("firstValue", sizeof(double));
        }
        else
        {
            reader.Skip("histogramFlags", 1);
        }

        reader.Skip("data", end - reader.At);
    }

    // Source: Prometheus, tsdb/docs/format/tombstones.md.
    private static List<Place> OfTombstones(byte[] tombstones)
    {
        PlaceReader reader = new(tombstones) { Section = "tombstones" };
        reader.Skip("magic", 4);
        reader.Skip("version", 1);
        int end = tombstones.Length - sizeof(uint);
        reader.Checked(end - reader.At, () =>
        {
            while (reader.At < end)
            {
                reader.Uvarint("series");
                reader.Uvarint("minTime");
                reader.Uvarint("maxTime");
            }
        });
        return reader.Places;
    }

    private static List<Place> OfMeta(byte[] meta) =>
    [
        .. Field().Matches(Encoding.UTF8.GetString(meta))
            .Select(field => new Place("meta", field.Groups[1].Value, field.Groups[2].Index, field.Groups[2].Length, 0, 0)),
    ];

    [GeneratedRegex("\"(\\w+)\": ([^\\s{\\[,]+)")]
    private static partial Regex Field();
}
