using System.Runtime.InteropServices;

namespace TsdbGenerator.Format;

/// <summary>
/// Lists the series that have each label pair. Names and values are positions in the sorted symbol table.
/// </summary>
internal sealed class PostingsLists
{
    private readonly Dictionary<(int Name, int Value), List<uint>> _lists = [];

    /// <summary>Every series. Prometheus keeps this list under the empty name and value.</summary>
    public List<uint> All { get; } = [];

    public List<uint> this[(int Name, int Value) pair] => _lists[pair];

    /// <summary>Returns the pairs in the order of their text, which is that of their symbols.</summary>
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
