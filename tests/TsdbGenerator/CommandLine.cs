using System.Globalization;

namespace TsdbGenerator;

/// <summary>Reads the program's arguments as options.</summary>
internal static class CommandLine
{
    public const string Usage =
        "Usage: TsdbGenerator DIR [--size 64MiB] [--blocks 3] [--seed 1] [--until 2026-01-01T00:00:00Z|now]";

    private static readonly (string Suffix, long Bytes)[] Units = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40)];

    /// <exception cref="ArgumentException">The message names the wrong argument and the allowed values.</exception>
    public static GeneratorOptions Parse(IReadOnlyList<string> arguments, TimeProvider time)
    {
        if (arguments.Count == 0 || arguments[0].StartsWith('-'))
        {
            throw new ArgumentException("The first argument must be the directory for the blocks.");
        }

        var options = new GeneratorOptions { Directory = arguments[0] };
        for (int i = 1; i < arguments.Count; i += 2)
        {
            string name = arguments[i];
            string value = i + 1 < arguments.Count ? arguments[i + 1] : throw new ArgumentException($"{name} needs a value.");
            options = name switch
            {
                "--size" => options with { SizeBytes = ParseSize(value) },
                "--blocks" => options with { BlockCount = ParseNumber<int>(name, value) },
                "--seed" => options with { Seed = ParseNumber<ulong>(name, value) },
                "--until" => options with { Until = value == "now" ? time.GetUtcNow() : ParseTime(value) },
                _ => throw new ArgumentException($"There is no argument {name}."),
            };
        }

        return options;
    }

    private static long ParseSize(string text)
    {
        (string suffix, long bytes) = Array.Find(Units, unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
        (string number, long unit) = suffix is null ? (text, 1) : (text[..^suffix.Length], bytes);
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count > 0 && count <= long.MaxValue / unit
            ? count * unit
            : throw new ArgumentException($"--size is '{text}': write bytes, or a whole number with KiB, MiB, GiB or TiB, such as 64MiB.");
    }

    private static T ParseNumber<T>(string name, string text)
        where T : struct, System.Numerics.INumber<T> =>
        T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out T number)
            ? number
            : throw new ArgumentException($"{name} is '{text}': write a whole number.");

    private static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : throw new ArgumentException($"--until is '{text}': write 'now' or a time such as 2026-01-01T00:00:00Z.");
}
