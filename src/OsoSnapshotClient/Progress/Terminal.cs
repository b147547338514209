namespace OsoSnapshotClient.Progress;

internal enum ProgressStyle
{
    Lines,
    Bars,
    Json,
}

/// <summary>What standard error can show.</summary>
internal static class Terminal
{
    /// <summary>It is a terminal that redraws, and nobody has asked for less (no-color.org).</summary>
    public static bool ShowsBars =>
        !Console.IsErrorRedirected && Variable("TERM") != "dumb" && Variable("NO_COLOR").Length == 0;

    /// <summary>The agent's own variable, and locales that name another encoding.</summary>
    public static bool IsAscii => Variable("OSO_SNAPSHOT_ASCII") == "yes" || Variable("LC_ALL") is "C" or "POSIX";

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? string.Empty;
}
