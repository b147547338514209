using System.Globalization;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Archives;

/// <summary>Prints what the blocks hold, for people.</summary>
internal static class BlockTallyText
{
    public static IEnumerable<string> Lines(BlockTally tally)
    {
        yield return $"  Blocks      {tally.Blocks}";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"  Series      {tally.Series} (a series counts in each of its blocks)");
        yield return $"  Samples     {tally.Samples}";
        if (tally.Blocks > 0)
        {
            yield return $"  Time range  {UtcTime.Format(tally.From)} to {UtcTime.Format(tally.To)}";
        }
    }
}
