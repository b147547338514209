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

    /// <summary>Whether the agent's variable, the locale or the terminal excludes letters other than ASCII.</summary>
    public static bool IsAscii =>
        Variable("OSO_SNAPSHOT_ASCII") == "yes" || Variable("LC_ALL") is "C" or "POSIX" || Variable("TERM") == "dumb";

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? string.Empty;
}
