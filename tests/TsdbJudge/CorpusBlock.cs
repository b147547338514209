using System.Text.Json;

namespace TsdbJudge;

/// <summary>A sound block in memory.</summary>
/// <param name="Name">Says what is special about it, such as <c>float-2.42</c>.</param>
/// <param name="Files">The content of each file by its path in the block, such as <c>chunks/000001</c>.</param>
internal sealed record CorpusBlock(string Name, string Ulid, IReadOnlyDictionary<string, byte[]> Files)
{
    public long MinTime { get; } = Time(Files, "minTime");

    /// <summary>Exclusive, as in meta.json.</summary>
    public long MaxTime { get; } = Time(Files, "maxTime");

    /// <summary>Writes a block below a directory, which becomes a data directory.</summary>
    public static void Write(string directory, string ulid, IReadOnlyDictionary<string, byte[]> files)
    {
        Directory.CreateDirectory(Path.Combine(directory, ulid, "chunks"));
        foreach ((string path, byte[] content) in files)
        {
            File.WriteAllBytes(Path.Combine(directory, ulid, path), content);
        }
    }

    private static long Time(IReadOnlyDictionary<string, byte[]> files, string name)
    {
        using var meta = JsonDocument.Parse(files["meta.json"]);
        return meta.RootElement.GetProperty(name).GetInt64();
    }
}
