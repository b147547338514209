namespace OsoSnapshotClient.Cluster;

/// <summary>
/// The names that Kubernetes allows (RFC 1123). Such a name is no flag of kubectl, and never leads out of a folder.
/// </summary>
internal static class KubeName
{
    private const int MaxLabelLetters = 63;
    private const int MaxSubdomainLetters = 253;

    /// <summary>Whether it may name a namespace or a container.</summary>
    public static bool IsLabel(string? text) => text?.Length <= MaxLabelLetters && IsPart(text);

    /// <summary>
    /// Whether it may name a pod. Its parts between dots may be longer than a label: Kubernetes bounds the whole alone.
    /// </summary>
    public static bool IsPod(string? text) => text?.Length <= MaxSubdomainLetters && text.Split('.').All(IsPart);

    private static bool IsPart(string text) =>
        text.Length > 0
        && text[0] != '-'
        && text[^1] != '-'
        && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
}
