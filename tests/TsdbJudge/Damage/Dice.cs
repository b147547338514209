using TsdbGenerator.Model;

namespace TsdbJudge.Damage;

/// <summary>Random choices whose sequence no framework update changes.</summary>
internal sealed class Dice(ulong seed)
{
    private SplitMix64 _random = new(SplitMix64.Mix(seed, 19));

    public int Below(int count) => (int)(_random.Next() % (ulong)count);

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];
}
