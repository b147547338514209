namespace OsoSnapshotCore.Text;

/// <summary>Formats a number with its noun.</summary>
internal static class Plural
{
    /// <returns>A text such as <c>1 block</c> or <c>2 blocks</c>.</returns>
    public static string Of(long count, string noun) => $"{count} {noun}{(count == 1 ? string.Empty : "s")}";
}
