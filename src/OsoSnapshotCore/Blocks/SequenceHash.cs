using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// A count and a 128-bit hash of numbers, in any order. Two that are equal stand for the same numbers. The keys are
/// drawn anew in each process, so that no file can be made whose numbers only seem to be the same.
/// </summary>
internal record struct SequenceHash
{
    private const ulong OddConstant = 0xBF58476D1CE4E5B9;

    private static readonly ulong LowKey = RandomKey();
    private static readonly ulong HighKey = RandomKey();
    private static readonly ulong OtherKey = RandomKey();

    private ulong _low;
    private ulong _high;

    public long Count { get; private set; }

    public void Add(ulong value)
    {
        Count++;
        _low += Mix(value ^ HighKey, LowKey);
        _high += Mix(value ^ LowKey, HighKey);
    }

    /// <summary>Adds a pair.</summary>
    public void Add(ulong value, ulong other) => Add(Mix(value ^ LowKey, OtherKey) ^ Mix(other ^ OtherKey, HighKey));

    // Two multiplications, each followed by a shift, as in SplitMix64. A product of 128 bits is slow without BMI2.
    private static ulong Mix(ulong value, ulong key)
    {
        value *= key;
        value = (value ^ (value >> 32)) * OddConstant;
        return value ^ (value >> 29);
    }

    private static ulong RandomKey()
    {
        ulong key = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref key)));
        return key | 1;
    }
}
