using OsoSnapshotCore.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Restore;

/// <summary>Checks an archive or a directory of blocks. Prints a line for each block, and the totals.</summary>
internal sealed class VerifyRun(string path, TextWriter output, bool ascii)
{
    private const int BufferBytes = 512 * 1024;
    private readonly VerifyText _text = new(path, ascii, output);

    /// <exception cref="OperatorException">The path is damaged, holds no block, or does not exist.</exception>
    public void Run(CancellationToken token)
    {
        try
        {
            _text.Conclude(Directory.Exists(path) ? ReadDirectory(token) : ReadArchive(token));
        }
        catch (FileNotFoundException e)
        {
            throw VerifyText.NotFound(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{path} can't be read: {e.Message}",
                Causes.Remedy(e, "check its permissions"),
                e);
        }
    }

    private BlockAudit ReadArchive(CancellationToken token)
    {
        string checksumPath = path + ChecksumFile.Extension;
        string? expected = null;
        if (File.Exists(checksumPath))
        {
            using FileStream checksum = File.OpenRead(checksumPath);
            expected = ChecksumFile.Read(checksum, checksumPath).Text;
        }

        using FileStream file = File.OpenRead(path);
        FileKind.RequireGzip(file, path, ExitStatus.ArchiveFailed);
        BlockAudit audit = ArchiveCheck.OfArchive(file, path, expected, _text.Block, token);
        _text.Checksum(expected is not null);
        return audit;
    }

    private BlockAudit ReadDirectory(CancellationToken token)
    {
        BlockAudit audit = new(_text.Block, (block, file) => File.OpenRead(Path.Combine(path, block.Text, file)));
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
}
