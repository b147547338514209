using System.Security.Cryptography;
using OsoSnapshotClient.Display;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Take;

/// <summary>The result of reading a copy.</summary>
/// <param name="Sha256">The SHA-256 of all bytes.</param>
/// <param name="Damage">Why the bytes are no archive; null if they are one.</param>
internal sealed record CopyVerdict(string Sha256, string? Damage)
{
    /// <summary>The problems of the blocks themselves, as Prometheus' disk has them.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Tells the problems of the blocks.</summary>
    public void Warn(IPodReport report)
    {
        foreach (string problem in Problems)
        {
            report.Warn($"⚠️ {problem}");
        }
    }

    /// <summary>Reads a copy to its end: one thread sums the bytes, one unpacks them, and this one judges.</summary>
    public static CopyVerdict Read(Stream bytes)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ReadTap summed = new(bytes, hash);
        using AheadStream ahead = new(summed);
        string? damage = null;
        BlockAudit? audit = null;
        try
        {
            audit = ArchiveVerifier.Verify(
                ahead, written: null, CancellationToken.None, unpacked => new AheadStream(unpacked));
            damage = audit.Tally.Blocks + audit.ProblemCount == 0 ? "it holds no block" : null;
        }
        catch (OperatorException e)
        {
            damage = e.Message;
        }

        // The checksum covers all bytes that arrived, sound or not.
        ahead.ReadToEnd(CancellationToken.None);
        return new(Convert.ToHexStringLower(hash.GetHashAndReset()), damage) { Problems = audit?.Problems ?? [] };
    }
}
