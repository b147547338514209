namespace OsoSnapshotClient.Cluster;

/// <summary>kubectl's own flags, which are passed on unchanged.</summary>
/// <param name="Arguments">The flags for each call.</param>
internal sealed record GlobalFlags(IReadOnlyList<string> Arguments)
{
    /// <summary>The flags as they are typed, each after a space, without passwords and tokens.</summary>
    public string Text { get; } = string.Concat(
        Arguments.Where((word, index) => !IsSecret(word) && (index == 0 || !IsSecret(Arguments[index - 1])))
            .Select(word => " " + word));

    /// <returns>The value of a flag; null if it was not given.</returns>
    public string? ValueOf(string flag)
    {
        int index = Arguments.ToList().LastIndexOf(flag);
        return index >= 0 && index + 1 < Arguments.Count ? Arguments[index + 1] : null;
    }

    private static bool IsSecret(string flag) => flag is "--token" or "--password";
}
