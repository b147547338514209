using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OsoSnapshotCore.Files;

/// <summary>A SHA-256, FIPS 180-4: 64 lower-case hexadecimal digits.</summary>
internal sealed record Sha256
{
    private const int Digits = 64;

    private Sha256(string text) => Text = text;

    public string Text { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Sha256? sha256)
    {
        sha256 = text is { Length: Digits } && text.All(char.IsAsciiHexDigitLower) ? new(text) : null;
        return sha256 is not null;
    }

    /// <summary>The hash of what was appended, which begins anew.</summary>
    public static Sha256 Finish(IncrementalHash hash) => new(Convert.ToHexStringLower(hash.GetHashAndReset()));

    public override string ToString() => Text;
}
