using System.Text;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Archive;

/// <summary>A line as <c>sha256sum</c> writes it and <c>sha256sum -c</c> reads it.</summary>
internal static class ChecksumFile
{
    private const int Sha256Digits = 64;

    /// <summary>The SHA-256 that the file beside an archive tells, in lower-case hexadecimal.</summary>
    /// <param name="path">For the message.</param>
    /// <exception cref="AgentException">With <see cref="ExitStatus.ArchiveFailed"/>: it holds something else.</exception>
    public static string Read(Stream file, string path)
    {
        byte[] bytes = new byte[Sha256Digits + 1];
        string first = Encoding.Latin1.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        return first.Length > Sha256Digits && first[Sha256Digits] == ' ' && first[..Sha256Digits].All(char.IsAsciiHexDigitLower)
            ? first[..Sha256Digits]
            : throw new AgentException(ExitStatus.ArchiveFailed, $"{path} is damaged: it does not start with a SHA-256.", "Copy it again, or delete it to verify without it.");
    }

    /// <summary>Returns once it is on the disk; it is there whole or not at all.</summary>
    /// <exception cref="IOException">It can't be written; then none is left, unless it is a <see cref="NotDurableException"/>.</exception>
    public static void Write(DirectoryHandle directory, string sha256)
    {
        // The archive has left its partial name, so it is free.
        using PartialFile file = PartialFile.Create(directory, DataDirectory.PartialName, DataDirectory.ChecksumName);
        file.Stream.Write(Encoding.ASCII.GetBytes($"{sha256}  {DataDirectory.ArchiveName}\n"));
        file.Commit();
    }
}
