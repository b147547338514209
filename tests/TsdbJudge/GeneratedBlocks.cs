using TsdbGenerator;

namespace TsdbJudge;

/// <summary>Writes the corpus' blocks that no server makes any more, or not yet: index versions and layouts.</summary>
internal static class GeneratedBlocks
{
    public static IReadOnlyDictionary<string, IndexLayout> Layouts { get; } = new Dictionary<string, IndexLayout>
    {
        ["index-1"] = new() { Version = 1 },
        ["index-1-padded"] = new() { Version = 1, PaddingBytes = 7 },
        ["index-2"] = new(),
        ["index-2-no-label-indices"] = new() { HasLabelIndices = false },
        ["index-2-padded"] = new() { PaddingBytes = 32 },
        ["index-3-no-label-indices"] = new() { Version = 3, HasLabelIndices = false },
        ["index-3"] = new() { Version = 3 },
    };

    /// <summary>Each block has three segments of two series or so.</summary>
    public static void Write(string directory)
    {
        ulong seed = 0;
        foreach ((string name, IndexLayout layout) in Layouts)
        {
            BlockGenerator.Generate(new GeneratorOptions
            {
                Directory = Path.Combine(directory, name),
                SizeBytes = 12 << 10,
                BlockCount = 1,
                SegmentBytes = 4096,
                Seed = ++seed,
                Index = layout,
            });
        }
    }
}
