using System.Globalization;

namespace OsoSnapshot.Formats.Text;

/// <summary>Points in time as RFC 3339 writes them, in UTC and whole seconds.</summary>
internal static class UtcTime
{
    /// <returns>Such as <c>2025-08-20T16:51:01Z</c>.</returns>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
