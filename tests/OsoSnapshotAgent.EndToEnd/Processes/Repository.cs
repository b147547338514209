namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    public static string PathOf(string name) => Path.Combine(Root, name);
}
