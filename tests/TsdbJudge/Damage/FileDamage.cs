using System.Globalization;

namespace TsdbJudge.Damage;

/// <summary>Damages a file as a whole: cuts it, loses it, swaps it for another block's.</summary>
internal static class FileDamage
{
    private static readonly string[] Kinds =
    [
        "cut", "cut by one byte", "cut to its header", "emptied", "lost", "longer", "zeros", "flip", "swapped",
        "chunk lost", "chunk doubled", "segment doubled", "segments exchanged", "segment renumbered", "stray file",
    ];

    /// <returns>null if the chosen damage can't be made.</returns>
    public static string? Make(Dice random, CorpusBlock block, SortedDictionary<string, byte[]> files)
    {
        string kind = random.Pick(Kinds);
        string path = random.Pick([.. files.Keys]);
        string[] segments = [.. files.Keys.Where(IsSegment)];
        if (kind.Contains("chunk", StringComparison.Ordinal) || kind.Contains("segment", StringComparison.Ordinal))
        {
            path = random.Pick(segments);
        }

        byte[] content = files[path];
        return kind switch
        {
            "cut" => Set(content[..random.Below(content.Length)], "@"),
            "cut by one byte" => Set(content[..^1]),
            "cut to its header" => Set(content[..Math.Min(content.Length, IsSegment(path) ? 8 : 5)]),
            "emptied" => Set([]),
            "longer" => Set([.. content, .. new byte[1 + random.Below(16)]], "@"),
            "zeros" => SetRun(random.Below(content.Length), 1 << random.Below(13)),
            "flip" => SetFlip(random.Below(content.Length), random.Below(8)),
            "swapped" => SetOther(random.Pick(Corpus.Blocks)),
            "chunk lost" => SetChunk(0),
            "chunk doubled" => SetChunk(2),
            _ => FileNameDamage.Make(random, kind, path, files),
        };

        string Set(byte[] changed, string? at = null)
        {
            files[path] = changed;
            return string.Create(CultureInfo.InvariantCulture, $"{path} {kind}{(at is null ? "" : $" {at}{Math.Min(changed.Length, content.Length)}")}");
        }

        string SetRun(int start, int length)
        {
            byte[] changed = [.. content];
            changed.AsSpan(start, Math.Min(length, changed.Length - start)).Clear();
            return Set(changed) + string.Create(CultureInfo.InvariantCulture, $" @{start}+{length}");
        }

        string SetFlip(int position, int bit)
        {
            byte[] changed = [.. content];
            changed[position] ^= (byte)(1 << bit);
            return Set(changed) + string.Create(CultureInfo.InvariantCulture, $" @{position}+1");
        }

        string? SetOther(CorpusBlock other) =>
            other != block && other.Files.TryGetValue(path, out byte[]? theirs) ? $"{Set(theirs)} for that of {other.Name}" : null;

        string? SetChunk(int copies)
        {
            Place[] fields = [.. FilePlaces.Of(path, content).Where(place => place.Kind is "chunk.length" or "chunk.crc")];
            int number = 2 * random.Below(fields.Length / 2);
            Range chunk = fields[number].Offset..(fields[number + 1].Offset + 4);
            byte[] parts = [.. Enumerable.Repeat(content[chunk], copies).SelectMany(part => part)];
            return Set([.. content[..chunk.Start], .. parts, .. content[chunk.End..]]) + $" @{chunk.Start.Value}";
        }
    }

    public static bool IsSegment(string path) => path.StartsWith("chunks/", StringComparison.Ordinal);
}
