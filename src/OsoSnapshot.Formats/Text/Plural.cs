namespace OsoSnapshot.Formats.Text;

/// <summary>A number and what is counted.</summary>
internal static class Plural
{
    /// <returns>Such as <c>1 block</c> and <c>2 blocks</c>.</returns>
    public static string Of(long count, string noun) => $"{count} {noun}{(count == 1 ? string.Empty : "s")}";
}
