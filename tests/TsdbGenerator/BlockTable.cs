using System.Globalization;

namespace TsdbGenerator;

/// <summary>Prints the blocks as a table for people.</summary>
internal static class BlockTable
{
    public static void Print(TextWriter output, IReadOnlyList<GeneratedBlock> blocks, TimeSpan elapsed)
    {
        Row("BLOCK", "FROM", "UNTIL", "SERIES", "SAMPLES", "CHUNKS", "BYTES");
        foreach (GeneratedBlock block in blocks)
        {
            Row(block.Ulid, Time(block.MinTime), Time(block.MaxTime), block.NumSeries, block.NumSamples, block.NumChunks, block.SizeBytes);
        }

        long samples = blocks.Sum(block => block.NumSamples);
        long bytes = blocks.Sum(block => block.SizeBytes);
        Row("total", "", "", blocks.Sum(block => block.NumSeries), samples, blocks.Sum(block => block.NumChunks), bytes);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / samples:F2} bytes a sample, {elapsed.TotalSeconds:F1} s"));

        void Row(params object[] cells) =>
            output.WriteLine(string.Format(CultureInfo.InvariantCulture, "{0,-26}  {1,-17}  {2,-17}  {3,9}  {4,12}  {5,10}  {6,14}", cells).TrimEnd());
    }

    private static string Time(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
