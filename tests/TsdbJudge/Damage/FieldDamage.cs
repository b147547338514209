using System.Buffers.Binary;
using TsdbGenerator.Format;

namespace TsdbJudge.Damage;

/// <summary>Changes one field of one file.</summary>
internal static class FieldDamage
{
    private static readonly string[] Kinds = ["flip", "flip", "zeros", "ones", "other"];

    /// <returns>null if the chosen damage can't be made.</returns>
    public static string? Make(Dice random, SortedDictionary<string, byte[]> files)
    {
        string path = PickFile(random, files);
        IReadOnlyList<Place> places = FilePlaces.Of(path, files[path]);
        if (places.Count == 0)
        {
            return null;
        }

        // Each kind of field has the same chance, although there may be one of one kind and thousands of another.
        Place[][] byKind = [.. places.GroupBy(place => place.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => kind.ToArray())];
        Place[] same = random.Pick(byKind);
        Place place = random.Pick(same);
        string kind = random.Pick(Kinds);
        byte[] content = [.. files[path]];
        if (!Change(random, content, place, same, kind))
        {
            return null;
        }

        bool isRefixed = place.HasChecksum && random.Below(4) == 0;
        if (isRefixed)
        {
            uint checksum = Crc32C.Compute(content.AsSpan(place.CheckedFrom..place.ChecksumAt));
            BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(place.ChecksumAt), checksum);
        }

        files[path] = content;
        return $"{path} {place.Kind} @{place.Offset}+{place.Length} {kind}{(isRefixed ? " refixed" : "")}";
    }

    private static string PickFile(Dice random, SortedDictionary<string, byte[]> files)
    {
        int draw = random.Below(100);
        string[] segments = [.. files.Keys.Where(path => path.StartsWith("chunks/", StringComparison.Ordinal))];
        return draw switch
        {
            < 62 => "index",
            < 86 => random.Pick(segments),
            < 93 when files.ContainsKey("tombstones") => "tombstones",
            _ => "meta.json",
        };
    }

    private static bool Change(Dice random, byte[] content, Place place, Place[] same, string kind)
    {
        Span<byte> field = content.AsSpan(place.Offset, place.Length);
        switch (kind)
        {
            case "flip":
                field[random.Below(field.Length)] ^= (byte)(1 << random.Below(8));
                return true;
            case "zeros":
                field.Clear();
                return true;
            case "ones":
                field.Fill(byte.MaxValue);
                return true;
            default:
                Place other = random.Pick(same);
                content.AsSpan(other.Offset, Math.Min(other.Length, place.Length)).ToArray().CopyTo(field);
                return other.Length == place.Length;
        }
    }
}
