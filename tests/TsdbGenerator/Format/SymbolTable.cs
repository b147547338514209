using TsdbGenerator.Model;

namespace TsdbGenerator.Format;

/// <summary>
/// Collects every label name and value of a block once, sorted. Source: Prometheus, tsdb/docs/format/index.md, "Symbol
/// Table".
/// </summary>
internal static class SymbolTable
{
    /// <returns>The table, and each series' labels (name, value, name, value, …) as positions in the table.</returns>
    public static (List<string> Symbols, int[][] Labels) Build(IReadOnlyList<Series> series)
    {
        Dictionary<string, int> firstSeen = new(StringComparer.Ordinal);
        int[][] labels = [.. series.Select(one => one.Labels.SelectMany(label => new[] { Number(label.Name), Number(label.Value) }).ToArray())];

        List<string> symbols = [.. firstSeen.Keys.Order(StringComparer.Ordinal)];
        int[] position = new int[symbols.Count];
        for (int i = 0; i < symbols.Count; i++)
        {
            position[firstSeen[symbols[i]]] = i;
        }

        foreach (int[] symbolsOfOne in labels)
        {
            for (int i = 0; i < symbolsOfOne.Length; i++)
            {
                symbolsOfOne[i] = position[symbolsOfOne[i]];
            }
        }

        return (symbols, labels);

        int Number(string symbol)
        {
            if (!firstSeen.TryGetValue(symbol, out int number))
            {
                firstSeen.Add(symbol, number = firstSeen.Count);
            }

            return number;
        }
    }
}
