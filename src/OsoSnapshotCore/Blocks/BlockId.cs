namespace OsoSnapshotCore.Blocks;

/// <summary>
/// The name of a block's directory, which is a ULID: 26 characters of Crockford's base 32, of which the first is at
/// most 7 (github.com/ulid/spec). Its order is that of the texts.
/// </summary>
internal readonly record struct BlockId : IComparable<BlockId>
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Letters = 26;
    private const int LetterBits = 5;

    // A text has five times this size, and a backup may have 100,000 blocks. A UInt128 would be padded to 16 bytes.
    private readonly ulong _high;
    private readonly ulong _low;

    private BlockId(UInt128 value) => (_high, _low) = ((ulong)(value >> 64), (ulong)value);

    public string Text => string.Create(Letters, Value, (letters, left) =>
    {
        for (int i = Letters - 1; i >= 0; i--)
        {
            letters[i] = Alphabet[(int)(left & (1 << LetterBits) - 1)];
            left >>= LetterBits;
        }
    });

    private UInt128 Value => new(_high, _low);

    /// <summary>
    /// The only way to make a BlockId, so that text from outside is always checked before it joins a path.
    /// </summary>
    public static bool TryParse(string? text, out BlockId id)
    {
        id = default;
        if (text?.Length != Letters || text[0] > '7')
        {
            return false;
        }

        UInt128 value = 0;
        foreach (char letter in text)
        {
            int digit = Alphabet.IndexOf(letter, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            value = (value << LetterBits) | (uint)digit;
        }

        id = new(value);
        return true;
    }

    public int CompareTo(BlockId other) => Value.CompareTo(other.Value);

    public override string ToString() => Text;
}
