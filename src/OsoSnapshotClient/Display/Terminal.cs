namespace OsoSnapshotClient.Display;

internal enum ProgressStyle
{
    Lines,
    Bars,
    Json,
}

/// <summary>Tells what standard error can show.</summary>
internal static class Terminal
{
    /// <summary>Whether it is a terminal that redraws, and no variable asks for less (no-color.org).</summary>
    public static bool ShowsBars =>
        !Console.IsErrorRedirected && Variable("TERM") != "dumb" && Variable("NO_COLOR").Length == 0;

    /// <summary>Whether the agent's own variable or the locale excludes other letters than ASCII.</summary>
    public static bool IsAscii => Variable("OSO_SNAPSHOT_ASCII") == "yes" || Variable("LC_ALL") is "C" or "POSIX";

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? string.Empty;
}
