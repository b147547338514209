using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tsdb;

/// <summary>
/// The name that Prometheus gives a snapshot: <c>20250820T165101Z-0eb533ff8d43ed64</c>. Older versions don't pad the
/// random part. Source: web/api/v1/api.go, <c>snapshot</c>.
/// </summary>
internal sealed partial record SnapshotName
{
    private SnapshotName(string text) => Text = text;

    public string Text { get; }

    /// <summary>The only way to get one, so that no outside text joins a path unchecked.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SnapshotName? name)
    {
        name = text is not null && Form().IsMatch(text) ? new(text) : null;
        return name is not null;
    }

    public override string ToString() => Text;

    [GeneratedRegex(@"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{1,16}\z")]
    private static partial Regex Form();
}
