using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Archiving;

/// <summary>Copies bytes of the finished archive.</summary>
internal static class FinishedArchive
{
    /// <summary>True if there is a finished archive, and a run is at work on the one that replaces it.</summary>
    public static bool IsBeingReplaced(DataDirectory data) =>
        data.Directory.Find(DataDirectory.ArchiveName) is not null && IsAtWork(data);

    /// <returns>The number of bytes written.</returns>
    /// <exception cref="OperatorException">There is no finished archive, or the offset lies after its end.</exception>
    public static long Copy(
        DataDirectory data,
        Stream output,
        long offset,
        long length)
    {
        using FileStream file = Open(data);
        if (offset > file.Length)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"--offset is {offset}, but {data.Archive} has {file.Length} bytes.",
                "Compare the copy's SHA-256: the copy is not of this archive.");
        }

        byte[] buffer = new byte[StandardOutput.BufferBytes];
        file.Position = offset;
        long written = 0;
        int count;
        while ((count = file.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - written)))) > 0)
        {
            output.Write(buffer.AsSpan(0, count));
            written += count;
        }

        return written;
    }

    private static bool IsAtWork(DataDirectory data) => data.Directory.Find(DataDirectory.PartialName) is not null;

    private static FileStream Open(DataDirectory data)
    {
        if (data.Directory.Find(DataDirectory.ArchiveName) is not null)
        {
            return data.Directory.OpenFile(DataDirectory.ArchiveName);
        }

        throw IsAtWork(data)
            ? new OperatorException(
                ExitStatus.Busy,
                $"{data.Archive} is still being written.",
                "Wait until oso-snapshot status says hold-for-copy.")
            : new OperatorException(
                ExitStatus.TargetUnreachable,
                $"There is no archive {data.Archive}.",
                "Make an archive first, or use oso-snapshot export --stream.");
    }
}
