using System.Buffers;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// The name of a block's directory, which is a ULID: 26 characters of Crockford's base 32, of which the first is at
/// most 7 (github.com/ulid/spec).
/// </summary>
internal readonly record struct BlockId
{
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("0123456789ABCDEFGHJKMNPQRSTVWXYZ");

    private BlockId(string text) => Text = text;

    public string Text { get; }

    /// <summary>
    /// The only way to make a BlockId, so that text from outside is always checked before it joins a path.
    /// </summary>
    public static bool TryParse(string? text, out BlockId id)
    {
        bool isValid = text?.Length == 26 && text[0] <= '7' && !text.AsSpan().ContainsAnyExcept(Alphabet);
        id = isValid ? new(text!) : default;
        return isValid;
    }

    public override string ToString() => Text;
}
