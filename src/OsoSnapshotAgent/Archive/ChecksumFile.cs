using System.Text;

namespace OsoSnapshotAgent.Archive;

/// <summary>A line as <c>sha256sum</c> writes it and <c>sha256sum -c</c> reads it.</summary>
internal static class ChecksumFile
{
    /// <summary>Returns once it is on the disk.</summary>
    /// <exception cref="IOException">There is such a file already, or it can't be written.</exception>
    public static void Write(string path, string sha256, string fileName)
    {
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(Encoding.ASCII.GetBytes($"{sha256}  {fileName}\n"));
        file.Flush(flushToDisk: true);
    }
}
