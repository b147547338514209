using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Archiving;

/// <summary>Estimates the size of an archive from samples of all its files.</summary>
internal static class ArchiveEstimate
{
    private const int Samples = 64;
    private const int SampleBytes = 128 * 1024;

    // The bytes cover a file's tar header and padding, compressed. The margin covers what the samples miss.
    private const int OverheadBytes = 512;
    private const double Margin = 1.05;

    /// <param name="items">The files below the directory. A file that was deleted meanwhile counts as nothing.</param>
    /// <returns>The estimated size in bytes. The archive is rarely larger.</returns>
    public static long BytesOf(DirectoryHandle directory, IEnumerable<TreeItem> items, IDeflateEngine engine)
    {
        List<string> files = [];
        List<long> ends = [];
        long total = 0;
        foreach (TreeItem item in items)
        {
            if (item.Status is { IsRegularFile: true } status)
            {
                files.Add(item.Path);
                total = ByteSize.Sum(total, status.SizeBytes);
                ends.Add(total);
            }
        }

        return (long)(
            total * Ratio(directory, files, ends, total, engine) * Margin) + ((long)OverheadBytes * files.Count);
    }

    // The samples lie at equal distances in all files laid end to end, so that each file counts by its size.
    private static double Ratio(
        DirectoryHandle directory,
        List<string> files,
        List<long> ends,
        long total,
        IDeflateEngine engine)
    {
        using IDeflater deflater = engine.CreateDeflater();
        byte[] plain = new byte[SampleBytes];
        byte[] packed = new byte[SampleBytes + 4096];
        long plainBytes = 0, packedBytes = 0;
        int file = 0;
        long step = Math.Max(total / Samples, SampleBytes);
        for (long position = 0; position < total; position = ByteSize.Sum(position, step))
        {
            while (ends[file] <= position)
            {
                file++;
            }

            int count = Read(directory, files[file], position - (file == 0 ? 0 : ends[file - 1]), plain);
            plainBytes += count;
            packedBytes += count == 0 ? 0 : deflater.Deflate(plain.AsSpan(0, count), packed);
        }

        return plainBytes == 0 ? 1 : Math.Min(1, (double)packedBytes / plainBytes);
    }

    private static int Read(DirectoryHandle directory, string path, long offset, byte[] buffer)
    {
        try
        {
            using FileStream file = directory.OpenFile(path);
            file.Position = offset;
            return file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Prometheus has compacted the file away. If the run needs it, reading it fails later.
            return 0;
        }
    }
}
