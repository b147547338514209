using System.Buffers;

namespace OsoSnapshotClient.Store;

/// <summary>
/// A pod and its namespace as <c>NAMESPACE.POD</c>, the directory of its lists. A namespace contains no dot.
/// </summary>
internal sealed record PodName
{
    // Kubernetes: a namespace is a DNS label, a pod's name a DNS subdomain (RFC 1123).
    private const int MaxNamespaceLetters = 63;
    private const int MaxPodLetters = 253;
    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private PodName(string text) => Text = text;

    public string Text { get; }

    /// <summary>Parses a name. There is no other way to get one, so no unchecked text becomes part of a path.</summary>
    /// <returns>null if the text is no such name.</returns>
    public static PodName? TryParse(string text)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && IsName(text[..dot], MaxNamespaceLetters) && IsName(text[(dot + 1)..], MaxPodLetters)
            ? new(text)
            : null;
    }

    public override string ToString() => Text;

    private static bool IsName(string name, int maxLetters) =>
        name.Length > 0 && name.Length <= maxLetters && !name.AsSpan().ContainsAnyExcept(Letters)
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && !name.Contains("..", StringComparison.Ordinal);
}
