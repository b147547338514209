using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using OsoSnapshotClient.Restore;
using OsoSnapshotCore.Files;
using TsdbGenerator;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>An archive of two sound blocks in a folder of its own, and a directory beside it to restore into.</summary>
internal sealed class ArchiveSample : IDisposable
{
    public const string Prefix = "snapshots/20250820T165101Z-0eb533ff8d43ed64/";

    public ArchiveSample(ulong seed = 1, long bytes = 400_000)
    {
        BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = PathOf(Prefix), BlockCount = 2, SizeBytes = bytes, Seed = seed,
        });
        Write();
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("oso-restore-").FullName;

    public string Archive => PathOf("snapshots.tgz");

    public string Restored => PathOf("restored");

    /// <summary>A directory that no restore may touch.</summary>
    public string Outside => Directory.CreateDirectory(PathOf("outside")).FullName;

    public string Block => Path.GetFileName(Directory.GetDirectories(PathOf(Prefix))[0]);

    public StringWriter Said { get; } = new() { NewLine = "\n" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public string PathOf(string name) => Path.Combine(Folder, name);

    public static PaxTarEntry File(string name, byte[]? content = null) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content ?? [1, 2]) };

    /// <summary>Packs the blocks, then these entries, and writes the checksum beside the archive.</summary>
    public void Write(params IEnumerable<PaxTarEntry> more)
    {
        using (FileStream file = System.IO.File.Create(Archive))
        using (GZipStream gzip = new(file, CompressionLevel.Fastest))
        using (TarWriter tar = new(gzip, TarEntryFormat.Pax))
        {
            foreach (string path in Directory.GetFiles(PathOf(Prefix), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                tar.WriteEntry(path, Path.GetRelativePath(Folder, path));
            }

            foreach (PaxTarEntry entry in more)
            {
                tar.WriteEntry(entry);
            }
        }

        WriteChecksum();
    }

    /// <summary>Packs these entries alone.</summary>
    public void WriteOnly(IEnumerable<PaxTarEntry> entries)
    {
        Directory.Delete(PathOf(Prefix), recursive: true);
        Directory.CreateDirectory(PathOf(Prefix));
        Write(entries);
    }

    public void Restore(FileOwner? owner = null) =>
        new RestoreRun(Archive, new(Restored, owner, Said, TimeProvider.System), Said).Run(Token);

    public void Verify() => new VerifyRun(Archive, Said, ascii: false).Run(Token);

    /// <summary>The files that were packed, as <see cref="EarlierVersion.FilesIn"/> lists them.</summary>
    public string[] Packed => EarlierVersion.FilesIn(PathOf(Prefix));

    /// <summary>Asserts that the target holds exactly the two blocks, as they were packed.</summary>
    public void AssertRestored() => Assert.Equal(Packed, EarlierVersion.FilesIn(Restored));

    public void MakeFifo(string name)
    {
        using Process mkfifo = Process.Start("mkfifo", PathOf(name));
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }

    public void Dispose()
    {
        Said.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void WriteChecksum()
    {
        string digits = Convert.ToHexStringLower(SHA256.HashData(System.IO.File.ReadAllBytes(Archive)));
        System.IO.File.WriteAllText(Archive + ".sha256", $"{digits}  snapshots.tgz\n");
    }
}
