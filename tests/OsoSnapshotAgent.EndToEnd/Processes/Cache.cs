namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>Finds what the scripts tests/fetch-*.sh have fetched, by the rule of those scripts.</summary>
internal static class Cache
{
    /// <param name="variable">The environment variable that names another place.</param>
    /// <param name="name">The folder's name in the cache.</param>
    public static string PathOf(string variable, string name)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string cache = Variable("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache");
        return Variable(variable) ?? Path.Combine(cache, "oso-snapshot-agent", name);
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } set ? set : null;
}
