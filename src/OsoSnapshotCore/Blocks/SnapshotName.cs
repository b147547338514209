using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// The name that Prometheus gives a snapshot: <c>20250820T165101Z-0eb533ff8d43ed64</c>. Older versions don't pad the
/// random part. Source: web/api/v1/api.go, <c>snapshot</c>.
/// </summary>
internal sealed record SnapshotName
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private SnapshotName(string text) => Text = text;

    public string Text { get; }

    /// <summary>
    /// The only way to make a SnapshotName, so that text from outside is always checked before it joins a path.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SnapshotName? name)
    {
        name = text is not null && HasForm(text) ? new(text) : null;
        return name is not null;
    }

    public override string ToString() => Text;

    private static bool HasForm(ReadOnlySpan<char> text)
    {
        const int DashPosition = 16, MaxHexDigits = 16;
        return text.Length is > DashPosition + 1 and <= DashPosition + 1 + MaxHexDigits
            && text[8] == 'T' && text[15] == 'Z' && text[DashPosition] == '-'
            && IsDigits(text[..8]) && IsDigits(text[9..15])
            && !text[(DashPosition + 1)..].ContainsAnyExcept(HexDigits);
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');
}
