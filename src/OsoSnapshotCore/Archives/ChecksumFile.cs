using System.Text;
using OsoSnapshotCore.Files;

namespace OsoSnapshotCore.Archives;

/// <summary>The file beside an archive. Its line has the format of <c>sha256sum</c> and <c>sha256sum -c</c>.</summary>
internal static class ChecksumFile
{
    /// <summary>Follows the archive's name in the name of this file.</summary>
    public const string Extension = ".sha256";

    private const int Sha256Digits = 64;

    /// <param name="path">The file's path, for the message.</param>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.ArchiveFailed"/>: the file holds something
    /// else.</exception>
    public static Sha256 Read(Stream file, string path)
    {
        byte[] bytes = new byte[Sha256Digits + 1];
        string first = Encoding.Latin1.GetString(
            bytes,
            0,
            file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        return first is [.. { Length: Sha256Digits } digits, ' '] && Sha256.TryParse(digits, out Sha256? sha256)
            ? sha256
            : throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{path} is damaged: it does not start with a SHA-256.",
                "Copy it again, or delete it to verify the archive without it.");
    }

    /// <summary>Reads the file beside an archive that the operator names.</summary>
    /// <returns>null if there is none.</returns>
    /// <exception cref="IOException">It is no regular file, or can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static Sha256? ReadBeside(string archive)
    {
        try
        {
            using FileStream file = RegularFile.Open(archive + Extension);
            return Read(file, archive + Extension);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <returns>The line, in ASCII.</returns>
    public static byte[] Line(string sha256, string archiveName) =>
        Encoding.ASCII.GetBytes($"{sha256}  {archiveName}\n");
}
