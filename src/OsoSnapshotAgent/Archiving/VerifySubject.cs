using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Archiving;

/// <summary>What is verified: an open archive with the checksum beside it, or an open directory of blocks.</summary>
internal sealed class VerifySubject : IDisposable
{
    private readonly DirectoryHandle? _directory;
    private readonly FileStream? _archive;

    private VerifySubject(string path, DirectoryHandle? directory, FileStream? archive, string? sha256) =>
        (Path, _directory, _archive, Sha256) = (path, directory, archive, sha256);

    public string Path { get; }

    public bool IsDirectory => _directory is not null;

    /// <summary>The checksum beside the archive; null if there is none.</summary>
    public string? Sha256 { get; }

    /// <summary>The size of the archive; null for a directory.</summary>
    public long? ArchiveBytes => _archive?.Length;

    /// <summary>Opens a path that the operator names. Its links are followed.</summary>
    /// <exception cref="OperatorException">Nothing is there, or the checksum file beside it holds no
    /// checksum.</exception>
    /// <exception cref="IOException">It is neither a file nor a directory, or can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static VerifySubject OfPath(string path)
    {
        if (DirectoryHandle.Exists(path))
        {
            return new(path, DirectoryHandle.Open(path), archive: null, sha256: null);
        }

        try
        {
            return new(
                path,
                directory: null,
                RegularFile.Open(path),
                ChecksumFile.ReadBeside(path)?.Text);
        }
        catch (FileNotFoundException e)
        {
            throw VerifyText.NotFound(path, e);
        }
    }

    /// <summary>
    /// Opens the archive of the container's own Prometheus. A link in its place is not followed: it could lead
    /// anywhere.
    /// </summary>
    /// <inheritdoc cref="OfPath" path="/exception"/>
    public static VerifySubject OfArchive(DataDirectory data)
    {
        DirectoryHandle directory = data.Directory;
        try
        {
            return new(
                data.Archive,
                directory: null,
                directory.OpenFile(DataDirectory.ArchiveName),
                ReadChecksum(directory)?.Text);
        }
        catch (FileNotFoundException e)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"{data.Archive} does not exist.",
                "Make an archive first, or name the path to verify.",
                e);
        }
    }

    /// <inheritdoc cref="ArchiveCheck.OfArchive" path="/exception"/>
    public BlockAudit Read(Action<BlockReport> finished, CancellationToken token = default)
    {
        if (_directory is not null)
        {
            return BlockDirectoryCheck.Run(_directory, finished, token);
        }

        FileKind.RequireGzip(_archive!, Path, ExitStatus.ArchiveFailed);
        return ArchiveCheck.OfArchive(_archive!, Path, Sha256, finished, token);
    }

    public void Dispose()
    {
        _directory?.Dispose();
        _archive?.Dispose();
    }

    private static Sha256? ReadChecksum(DirectoryHandle directory)
    {
        try
        {
            using FileStream file = directory.OpenFile(DataDirectory.ChecksumName);
            return ChecksumFile.Read(file, DataDirectory.ChecksumName);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
