using System.Buffers;
using System.Globalization;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>Parses the values of variables. Each method returns false if the text has the wrong form.</summary>
internal static class SettingParsers
{
    private static readonly SearchValues<char> NotInHost = SearchValues.Create("/?#@\\ ");

    public static bool TryText(string text, out string value)
    {
        value = text;
        return true;
    }

    public static bool TryYesNo(string text, out bool value)
    {
        value = IsWord(text, "yes") || IsWord(text, "true");
        return value || IsWord(text, "no") || IsWord(text, "false");
    }

    public static bool TryHost(string text, out string host)
    {
        host = text;
        return !text.AsSpan().ContainsAny(NotInHost)
            && Uri.TryCreate($"http://{text}/", UriKind.Absolute, out Uri? uri)
            && Uri.CheckHostName(uri.Host) != UriHostNameType.Unknown;
    }

    public static bool TryPathSegments(string text, out string segments)
    {
        segments = text.Trim('/');
        return segments.Length > 0
            && segments.Split('/').All(segment => segment.Length > 0 && segment is not "." and not ".."
                && segment.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '~'));
    }

    public static bool TryUrl(string text, out Uri url)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out url!)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0)
        {
            url = new Uri(url.AbsoluteUri.TrimEnd('/') + "/");
            return true;
        }

        return false;
    }

    // The root is neither a data directory nor a file.
    public static bool TryAbsolutePath(string text, out string path)
    {
        path = text.TrimEnd('/');
        return path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal) && Path.GetFullPath(path) != "/";
    }

    public static bool TryHold(string text, out TimeSpan hold)
    {
        hold = Timeout.InfiniteTimeSpan;
        return IsWord(text, "forever") || Durations.TryParse(text, out hold);
    }

    public static bool TryPositiveDuration(string text, out TimeSpan duration) =>
        Durations.TryParse(text, out duration) && duration > TimeSpan.Zero;

    public static bool TryPositiveSize(string text, out long bytes) =>
        ByteSize.TryParse(text, out bytes) && bytes >= 1024 * 1024;

    // RFC 3339 requires an offset. Without one, the text could mean the operator's time zone or UTC.
    public static bool TryTime(string text, out DateTimeOffset point) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out point)
        && text.Contains('T', StringComparison.OrdinalIgnoreCase)
        && (text.EndsWith('Z') || text.EndsWith('z')
            || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.OrdinalIgnoreCase));

    public static bool TryPace(string text, out PaceMode pace)
    {
        pace = IsWord(text, "full") ? PaceMode.Full : PaceMode.Polite;
        return pace == PaceMode.Full || IsWord(text, "polite");
    }

    // Kubernetes checks the names of containers by RFC 1123.
    public static bool TryContainerName(string text, out string name)
    {
        name = text;
        return text.Length <= 63 && text[0] != '-' && text[^1] != '-'
            && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
    }

    public static TryParse<int> Within(int lowest, int highest) => (string text, out int number) =>
        int.TryParse(
            text,
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out number) && number >= lowest && number <= highest;

    private static bool IsWord(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);
}
