namespace TsdbGenerator.Model;

/// <param name="Time">Unix milliseconds.</param>
/// <param name="Value">The scraped value.</param>
internal readonly record struct Sample(long Time, double Value);
