using System.Globalization;

namespace OsoSnapshotCore.Text;

/// <summary>
/// Durations in the spelling of Prometheus and kubectl: <c>90s</c>, <c>30m</c>, <c>1h30m</c>, <c>7d</c>, <c>0</c>.
/// </summary>
internal static class Durations
{
    public const string Rule = "a duration such as 90s, 30m, 12h or 7d";

    private static readonly Dictionary<string, double> Units = new(StringComparer.Ordinal)
    {
        ["s"] = 1, ["m"] = 60, ["h"] = 3600, ["d"] = 86_400, ["w"] = 604_800,
    };

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        // The maximum is longer than any uptime, and timers still accept it.
        if (text.Length == 0 || SecondsOf(text, Units) is not { } seconds
            || seconds > TimeSpan.FromDays(3650).TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>Adds up parts of a number and a unit, such as <c>1h30m</c>.</summary>
    /// <param name="units">The units, and the seconds of each.</param>
    /// <returns>null for another text.</returns>
    public static double? SecondsOf(ReadOnlySpan<char> text, IReadOnlyDictionary<string, double> units)
    {
        double seconds = 0;
        while (!text.IsEmpty)
        {
            int digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits < 1
                || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long count))
            {
                return null;
            }

            text = text[digits..];
            int letters = text.IndexOfAnyInRange('0', '9');
            string unit = text[..(letters < 0 ? text.Length : letters)].ToString();
            if (!units.TryGetValue(unit, out double each))
            {
                return null;
            }

            seconds += count * each;
            text = text[unit.Length..];
        }

        return seconds;
    }

    /// <summary>
    /// Formats a duration for people: <c>0.4s</c>, <c>42s</c>, <c>3m20s</c>, <c>1h05m</c>, <c>24h</c>, <c>7d</c>.
    /// </summary>
    public static string Format(TimeSpan duration) => duration.TotalSeconds switch
    {
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0}s"),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0}s"),
        < 3600 => Two((int)duration.TotalMinutes, 'm', duration.Seconds, 's'),
        < 2 * 86400 => Two((int)duration.TotalHours, 'h', duration.Minutes, 'm'),
        _ => Two((int)duration.TotalDays, 'd', duration.Hours, 'h'),
    };

    private static string Two(int large, char unit, int small, char smallUnit) =>
        small == 0
            ? $"{large}{unit}"
            : string.Create(CultureInfo.InvariantCulture, $"{large}{unit}{small:00}{smallUnit}");
}
