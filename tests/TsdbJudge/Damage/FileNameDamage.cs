namespace TsdbJudge.Damage;

/// <summary>Loses, copies and renames files.</summary>
internal static class FileNameDamage
{
    private static readonly string[] StrayNames = ["notes", "chunks/notes", "chunks/000001.tmp", "index.tmp", "chunks/.nfs0001"];

    public static string? Make(Dice random, string kind, string path, SortedDictionary<string, byte[]> files)
    {
        string[] segments = [.. files.Keys.Where(FileDamage.IsSegment)];
        byte[] content = files[path];
        switch (kind)
        {
            case "lost":
                files.Remove(path);
                return $"{path} {kind}";
            case "segment doubled":
                string copy = $"chunks/{segments.Length + 1 + random.Below(2):D6}";
                files[copy] = content;
                return $"{path} {kind} as {copy}";
            case "segments exchanged" when random.Pick(segments) is var other && other != path:
                (files[path], files[other]) = (files[other], content);
                return $"{path} {kind} with {other}";
            case "segment renumbered":
                string name = $"chunks/{(random.Below(2) == 0 ? segments.Length + 1 : 0):D6}";
                files.Remove(path);
                files[name] = content;
                return $"{path} {kind} as {name}";
            case "stray file":
                string stray = random.Pick(StrayNames);
                files[stray] = [1, 2, 3];
                return $"{stray} {kind}";
            default:
                return null;
        }
    }
}
