using System.Runtime.InteropServices;

namespace TsdbGenerator.Format;

/// <summary>Which series carry which label pair; names and values are positions in the sorted symbol table.</summary>
internal sealed class PostingsLists
{
    private readonly Dictionary<(int Name, int Value), List<uint>> _lists = [];

    /// <summary>Every series: Prometheus keeps it under the empty name and value.</summary>
    public List<uint> All { get; } = [];

    public List<uint> this[(int Name, int Value) pair] => _lists[pair];

    /// <summary>The pairs in the order of their text, because symbols are sorted.</summary>
    public List<(int Name, int Value)> SortedPairs() => [.. _lists.Keys.Order()];

    public void Add(uint series, ReadOnlySpan<int> labelSymbols)
    {
        All.Add(series);
        for (int i = 0; i < labelSymbols.Length; i += 2)
        {
            ref List<uint>? list = ref CollectionsMarshal.GetValueRefOrAddDefault(_lists, (labelSymbols[i], labelSymbols[i + 1]), out _);
            (list ??= []).Add(series);
        }
    }
}
