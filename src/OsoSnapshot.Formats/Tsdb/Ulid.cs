using System.Buffers;

namespace OsoSnapshot.Formats.Tsdb;

/// <summary>
/// Names of block directories: 26 characters of Crockford's base 32, of which the first is at most 7
/// (github.com/ulid/spec).
/// </summary>
internal static class Ulid
{
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("0123456789ABCDEFGHJKMNPQRSTVWXYZ");

    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length == 26 && text[0] <= '7' && !text.ContainsAnyExcept(Alphabet);
}
