using System.Globalization;

namespace OsoSnapshotCore.Files;

/// <summary>The owner of the restored files.</summary>
internal sealed record FileOwner(uint User, uint Group)
{
    /// <param name="text">Two numbers, as in <c>65534:65534</c>.</param>
    /// <returns>null if the text is in another form.</returns>
    public static FileOwner? TryParse(string text) =>
        text.Split(':') is [var user, var group] && TryParse(user, out uint uid) && TryParse(group, out uint gid)
            ? new(uid, gid)
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{User}:{Group}");

    private static bool TryParse(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
