using System.Numerics;
using TsdbGenerator.Model;

namespace TsdbGenerator.Format;

/// <summary>
/// Encodes samples as one XOR chunk: timestamps as deltas of deltas, values XORed with their predecessor.
/// Sources: "Gorilla: A Fast, Scalable, In-Memory Time Series Database" (Pelkonen et al., VLDB 2015), section 4.1; the
/// bit widths are those of Prometheus, tsdb/docs/format/chunks.md, "XOR chunk data".
/// </summary>
internal sealed class XorChunkEncoder
{
    public const byte Encoding = 1;
    public const int MaxSamples = 120;

    // By chunks.md, a timestamp takes at most 68 bits and a value at most 77. The first two samples take less.
    private readonly BitWriter _bits = new((MaxSamples * (68 + 77) / 8) + 64);
    private int _leading;
    private int _trailing;

    public ReadOnlySpan<byte> Encode(ReadOnlySpan<Sample> samples)
    {
        _bits.Clear();
        _leading = int.MaxValue;
        _bits.Write((ulong)samples.Length, 16);
        long time = samples[0].Time;
        _bits.WriteUvarint((ulong)((time << 1) ^ (time >> 63)));
        _bits.Write(BitConverter.DoubleToUInt64Bits(samples[0].Value), 64);

        long delta = 0;
        for (int i = 1; i < samples.Length; i++)
        {
            long nextDelta = samples[i].Time - samples[i - 1].Time;
            if (i == 1)
            {
                _bits.WriteUvarint((ulong)nextDelta);
            }
            else
            {
                WriteDeltaOfDelta(nextDelta - delta);
            }

            delta = nextDelta;
            WriteXor(BitConverter.DoubleToUInt64Bits(samples[i].Value) ^ BitConverter.DoubleToUInt64Bits(samples[i - 1].Value));
        }

        return _bits.Finish();
    }

    private void WriteDeltaOfDelta(long value)
    {
        if (value == 0)
        {
            _bits.Write(0, 1);
        }
        else if (Fits(value, 14))
        {
            _bits.Write((0b10UL << 14) | ((ulong)value & 0x3FFF), 16);
        }
        else if (Fits(value, 17))
        {
            _bits.Write((0b110UL << 17) | ((ulong)value & 0x1_FFFF), 20);
        }
        else if (Fits(value, 20))
        {
            _bits.Write((0b1110UL << 20) | ((ulong)value & 0xF_FFFF), 24);
        }
        else
        {
            _bits.Write(0b1111, 4);
            _bits.Write((ulong)value, 64);
        }
    }

    // Prometheus' range is one higher than that of two's complement: -8191 to 8192 for 14 bits.
    private static bool Fits(long value, int bits) => value > -(1L << (bits - 1)) && value <= 1L << (bits - 1);

    private void WriteXor(ulong xor)
    {
        if (xor == 0)
        {
            _bits.Write(0, 1);
            return;
        }

        int leading = Math.Min(BitOperations.LeadingZeroCount(xor), 31); // Five bits hold it.
        int trailing = BitOperations.TrailingZeroCount(xor);
        if (leading >= _leading && trailing >= _trailing)
        {
            _bits.Write(0b10, 2);
        }
        else
        {
            (_leading, _trailing) = (leading, trailing);
            int significant = 64 - leading - trailing;
            _bits.Write((0b11UL << 11) | ((ulong)leading << 6) | ((ulong)significant & 63), 13); // 64 is written as 0.
        }

        _bits.Write(xor >> _trailing, 64 - _leading - _trailing);
    }
}
