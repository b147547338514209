using System.Globalization;
using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;
using OsoSnapshot.Formats.Tsdb;
using OsoSnapshot.Formats.Verification;

namespace OsoSnapshotClient.Restore;

/// <summary>Checks an archive or a directory of blocks, a line for each block and the totals.</summary>
internal sealed class VerifyRun(string path, TextWriter output, bool ascii)
{
    private const int BufferBytes = 512 * 1024;

    /// <exception cref="OperatorException">It is damaged, holds nothing, or is not there.</exception>
    public void Run(CancellationToken token)
    {
        try
        {
            BlockAudit audit = Directory.Exists(path) ? ReadDirectory(token) : ReadArchive(token);
            Write(BlockTallyText.Lines(audit.Tally));
            Write(BlockTimeline.Lines(audit.Blocks, ascii));
            Judge(audit);
            Write([$"✅ {path} is sound."]);
        }
        catch (FileNotFoundException e)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"{path} does not exist.",
                "Name an archive, a snapshot's directory or a data directory.",
                e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed, $"{path} can't be read: {e.Message}", "See the message.", e);
        }
    }

    private BlockAudit ReadArchive(CancellationToken token)
    {
        string checksumPath = path + ChecksumFile.Extension;
        string? expected = null;
        if (File.Exists(checksumPath))
        {
            using FileStream checksum = File.OpenRead(checksumPath);
            expected = ChecksumFile.Read(checksum, checksumPath);
        }

        using FileStream file = File.OpenRead(path);
        BlockAudit audit = ArchiveCheck.OfArchive(file, path, expected, block => Write(Describe(block)), token);
        Write([expected is null
            ? "⚠️ There is no .sha256 beside it to compare with."
            : "✅ SHA-256 as in the file beside it"]);
        return audit;
    }

    private BlockAudit ReadDirectory(CancellationToken token)
    {
        BlockAudit audit = new(block => Write(Describe(block)));
        byte[] buffer = new byte[BufferBytes];
        foreach (DirectoryInfo block in new DirectoryInfo(path).EnumerateDirectories()
            .Where(block => block.LinkTarget is null)
            .OrderBy(block => block.Name, StringComparer.Ordinal))
        {
            if (!BlockId.TryParse(block.Name, out BlockId id))
            {
                continue;
            }

            audit.StartBlock(id);
            foreach (FileInfo info in block.EnumerateFiles("*", SearchOption.AllDirectories)
                .Where(file => file.LinkTarget is null).OrderBy(file => file.FullName, StringComparer.Ordinal))
            {
                string name = Path.GetRelativePath(path, info.FullName).Replace(Path.DirectorySeparatorChar, '/');
                audit.StartFile(name);
                using FileStream file = info.OpenRead();
                int count;
                while ((count = file.Read(buffer)) > 0)
                {
                    token.ThrowIfCancellationRequested();
                    audit.Append(buffer.AsSpan(0, count));
                }

                audit.FinishFile();
            }
        }

        audit.Finish();
        return audit;
    }

    private void Judge(BlockAudit audit)
    {
        if (audit.ProblemCount > 0)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{path} holds damaged blocks: {Plural.Of(audit.ProblemCount, "problem")}, told above.",
                "The other blocks are sound. Restore without the damaged ones, or take another copy.");
        }

        if (audit.Tally.Blocks == 0)
        {
            throw new OperatorException(
                ExitStatus.NoBlock,
                $"{path} holds no block.",
                "Name the directory in which directories with 26-letter names lie, or an archive.");
        }
    }

    private void Write(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            output.WriteLine(Printable.Text(line));
        }
    }

    private static IEnumerable<string> Describe(AuditedBlock block)
    {
        string content = block.Meta is { } meta
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{UtcTime.Format(meta.From())} to {UtcTime.Format(meta.To())}, {meta.Stats.NumSeries} series,"
                + $" {meta.Stats.NumSamples} samples")
            : "contents unknown";
        return block.Problems
            .Select(problem => "   " + problem)
            .Prepend($"{(block.Problems.Count == 0 ? "✅" : "❌")} {block.Id}  {content}");
    }
}
