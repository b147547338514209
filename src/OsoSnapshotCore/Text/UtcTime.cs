using System.Globalization;

namespace OsoSnapshotCore.Text;

/// <summary>Formats times as RFC 3339 does, in UTC and whole seconds.</summary>
internal static class UtcTime
{
    /// <returns>A text such as <c>2025-08-20T16:51:01Z</c>.</returns>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
