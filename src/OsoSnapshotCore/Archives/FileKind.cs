using System.Text;

namespace OsoSnapshotCore.Archives;

/// <summary>Tells what a file is that is no gzip file, by its first bytes.</summary>
internal static class FileKind
{
    // The magic of a plain tar file stands at offset 257: POSIX.1-1988, ustar.
    private const int StartBytes = 512;
    private const int TarMagicAt = 257;

    private static readonly (byte[] Magic, string What, string Remedy)[] Kinds =
    [
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "is packed with xz", "Pack it with gzip: xz -dc FILE | gzip >NEW.tgz"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is packed with zstd", "Pack it with gzip: zstd -dc FILE | gzip >NEW.tgz"),
        ([0x42, 0x5A, 0x68], "is packed with bzip2", "Pack it with gzip: bzip2 -dc FILE | gzip >NEW.tgz"),
        ([0x04, 0x22, 0x4D, 0x18], "is packed with lz4", "Pack it with gzip: lz4 -dc FILE | gzip >NEW.tgz"),
        ([0x50, 0x4B, 0x03, 0x04], "is a zip file", "Unpack it, and name the archive that it holds."),
        ([0xFF, 0xFE], "is UTF-16 text, as PowerShell's > writes it: the bytes of the archive are lost", CopyAgain),
        ([0xFE, 0xFF], "is UTF-16 text: the bytes of the archive are lost", CopyAgain),
        ([0x1F, 0xEF, 0xBF, 0xBD], "was converted to UTF-8 text: the bytes of the archive are lost", CopyAgain),
        ([0xEF, 0xBB, 0xBF], "is text with a byte order mark", CopyAgain),
    ];

    private const string CopyAgain =
        "Copy it again with kubectl oso-snapshot take -o FILE, or redirect in cmd.exe or a POSIX shell, which keep bytes.";

    /// <summary>Looks at a file that can be read at any place, and leaves it at its start.</summary>
    /// <param name="path">The file's path, for the message.</param>
    /// <exception cref="OperatorException">It is no gzip file.</exception>
    public static void RequireGzip(Stream file, string path, ExitStatus status)
    {
        if (!file.CanSeek)
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[StartBytes];
        int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        file.Position = 0;
        if (Explain(bytes[..count]) is var (what, remedy))
        {
            string toDo = remedy.Replace("FILE", path, StringComparison.Ordinal);
            throw new OperatorException(status, $"{path} {what}.", toDo);
        }
    }

    /// <returns>null for a gzip file, be it damaged or not: RFC 1952, section 2.3.1.</returns>
    internal static (string What, string Remedy)? Explain(ReadOnlySpan<byte> start)
    {
        if (start is [] or [0x1F] or [0x1F, 0x8B, ..])
        {
            return start.IsEmpty ? ("is empty", "Copy it again: the copy never began, or the disk was full.") : null;
        }

        foreach ((byte[] magic, string what, string remedy) in Kinds)
        {
            if (start.StartsWith(magic))
            {
                return (what, remedy);
            }
        }

        if (start.Length > TarMagicAt && start[TarMagicAt..].StartsWith("ustar"u8))
        {
            return ("is a tar file that is not compressed", "Pack it: gzip -c FILE >NEW.tgz");
        }

        return Encoding.Latin1.GetString(start).TrimStart() is ['<', ..]
            ? ("is a web page, not an archive", "Download it again: a login page or a proxy answered in its place.")
            : ("is no gzip file", "Name an archive of this program (.tgz), or a directory of blocks.");
    }
}
