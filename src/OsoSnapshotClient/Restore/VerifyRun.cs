using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>Checks an archive or a directory of blocks. Prints a line for each block, and the totals.</summary>
internal sealed class VerifyRun(string path, TextWriter output, bool ascii)
{
    private readonly VerifyText _text = new(path, ascii, output);

    /// <exception cref="OperatorException">The path is damaged, holds no block, or does not exist.</exception>
    public void Run(CancellationToken token)
    {
        try
        {
            _text.Conclude(DirectoryHandle.Exists(path) ? ReadDirectory(token) : ReadArchive(token));
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
                Causes.Remedy(e, "check what it is, and its permissions"),
                e);
        }
    }

    private BlockAudit ReadArchive(CancellationToken token)
    {
        Sha256? expected = ChecksumFile.ReadBeside(path);
        using FileStream file = RegularFile.Open(path);
        FileKind.RequireGzip(file, path, ExitStatus.ArchiveFailed);
        BlockAudit audit = ArchiveCheck.OfArchive(file, path, expected?.Text, _text.Block, token);
        _text.Checksum(expected is not null);
        return audit;
    }

    private BlockAudit ReadDirectory(CancellationToken token)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(path);
        return BlockDirectoryCheck.Run(directory, _text.Block, token);
    }
}
