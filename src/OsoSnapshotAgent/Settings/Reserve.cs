using System.Globalization;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>
/// Free space on the volume that the agent never uses: the larger of a byte count and a percentage of the volume.
/// </summary>
internal readonly record struct Reserve(long Bytes, double Percent)
{
    public const string Rule = "a size such as 512MiB, or a percentage of the volume such as 5%";

    public static Reserve Default { get; } = new(512L * 1024 * 1024, 5);

    public static bool TryParse(string text, out Reserve reserve)
    {
        reserve = default;
        if (text.EndsWith('%'))
        {
            ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - 1);
            const NumberStyles Style = NumberStyles.AllowDecimalPoint;
            if (!double.TryParse(digits, Style, CultureInfo.InvariantCulture, out double percent)
                || percent is not (>= 0 and <= 100))
            {
                // The parser accepts NaN, which "percent > 100" would let pass.
                return false;
            }

            reserve = new(0, percent);
            return true;
        }

        if (!ByteSize.TryParse(text, out long bytes))
        {
            return false;
        }

        reserve = new(bytes, 0);
        return true;
    }

    public long BytesOf(long volumeBytes) => Math.Max(Bytes, (long)(volumeBytes * (Percent / 100)));
}
