using System.Globalization;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Archives;

/// <summary>
/// Prints the result of <c>verify</c> for people, in agent and client: a line for each block, then the totals.
/// </summary>
/// <param name="path">The archive or the directory of blocks.</param>
internal sealed class VerifyText(string path, bool ascii, TextWriter output)
{
    /// <exception cref="OperatorException">A block is damaged, or there is none.</exception>
    public static void ThrowIfUnsound(string path, BlockAudit audit)
    {
        if (audit.ProblemCount > 0)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{path} holds damaged blocks: {Plural.Of(audit.ProblemCount, "problem")}, listed above.",
                "The other blocks are sound. Restore without the damaged ones, or take another copy.");
        }

        if (audit.Tally.Blocks == 0)
        {
            throw new OperatorException(
                ExitStatus.NoBlock,
                $"{path} holds no block.",
                "Name an archive, or the directory that holds the directories with 26-letter names.");
        }
    }

    public static OperatorException NotFound(string path, FileNotFoundException cause) => new(
        ExitStatus.Settings,
        $"{path} does not exist.",
        "Name an archive, a snapshot's directory or a data directory.",
        cause);

    public void Block(BlockReport block)
    {
        string content = block.Meta is { } meta
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{UtcTime.Format(meta.From())} to {UtcTime.Format(meta.To())}, {meta.Stats.NumSeries} series,"
                + $" {meta.Stats.NumSamples} samples")
            : "contents unknown";
        Line($"{(block.Problems.Count == 0 ? "✅" : "❌")} {block.Id}  {content}");
        Lines(block.Problems.Select(problem => "   " + problem));
        if (block.Warning is { } warning)
        {
            Line("   " + warning);
        }
    }

    /// <param name="found">Whether a checksum lies beside the archive. If so, it was compared.</param>
    public void Checksum(bool found) => Line(found
        ? "✅ SHA-256 matches the file beside it"
        : "⚠️ There is no .sha256 beside it to compare with.");

    /// <summary>Prints the totals, the timeline and the verdict.</summary>
    /// <inheritdoc cref="ThrowIfUnsound" path="/exception"/>
    public void Conclude(BlockAudit audit)
    {
        Lines(BlockTallyText.Lines(audit.Tally));
        Lines(BlockTimeline.Lines(audit.Blocks, ascii));
        if (audit.BlocksLeftOut > 0)
        {
            Line($"  {Plural.Of(audit.BlocksLeftOut, "more block")}, not drawn");
        }

        ThrowIfUnsound(path, audit);
        Line($"✅ {path} is sound.");
    }

    private void Lines(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Line(line);
        }
    }

    private void Line(string line) => output.WriteLine(Printable.Text(line));
}
