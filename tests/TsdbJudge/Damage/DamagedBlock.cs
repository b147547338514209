namespace TsdbJudge.Damage;

/// <summary>A copy of a sound block with one damage.</summary>
/// <param name="Place">The file, the field, its place and what was done to it.</param>
internal sealed record DamagedBlock(ulong Seed, CorpusBlock Block, string Place, IReadOnlyDictionary<string, byte[]> Files)
{
    /// <summary>Makes the damage of a seed. Equal seeds give equal bytes. 0 stands for no damage.</summary>
    public static DamagedBlock Create(ulong seed)
    {
        var random = new Dice(seed);
        while (true)
        {
            CorpusBlock block = random.Pick(Corpus.Blocks);
            SortedDictionary<string, byte[]> files = new(block.Files.ToDictionary(), StringComparer.Ordinal);
            string? place = random.Below(100) < 82 ? FieldDamage.Make(random, files) : FileDamage.Make(random, block, files);
            if (place is not null && IsChanged(block.Files, files))
            {
                return new DamagedBlock(seed, block, place, files);
            }
        }
    }

    public static DamagedBlock Sound(CorpusBlock block) => new(0, block, "sound", block.Files);

    private static bool IsChanged(IReadOnlyDictionary<string, byte[]> before, SortedDictionary<string, byte[]> after) =>
        before.Count != after.Count
        || before.Any(file => !after.TryGetValue(file.Key, out byte[]? content) || !content.AsSpan().SequenceEqual(file.Value));
}
