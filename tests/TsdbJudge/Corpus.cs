using System.Formats.Tar;
using System.IO.Compression;

namespace TsdbJudge;

/// <summary>
/// Reads the sound blocks of tests/fixtures/blocks: <c>NAME/ULID/…</c> in an archive. The order of the names is part
/// of what a seed means.
/// </summary>
internal static class Corpus
{
    public static string RepositoryRoot { get; } = FindRoot();

    public static IReadOnlyList<CorpusBlock> Blocks { get; } = Read(Path.Combine(RepositoryRoot, "tests/fixtures/blocks/blocks.tar.gz"));

    public static CorpusBlock Find(string name) => Blocks.Single(block => block.Name == name);

    private static IReadOnlyList<CorpusBlock> Read(string archive)
    {
        using FileStream file = File.OpenRead(archive);
        using var plain = new GZipStream(file, CompressionMode.Decompress);
        using var tar = new TarReader(plain);
        List<(string[] Path, byte[] Content)> files = [];
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                byte[] content = new byte[entry.Length];
                entry.DataStream?.ReadExactly(content);
                files.Add((entry.Name.Split('/', 3), content));
            }
        }

        return
        [
            .. files.GroupBy(each => (Name: each.Path[0], Ulid: each.Path[1])).OrderBy(block => block.Key.Name, StringComparer.Ordinal)
                .Select(block => new CorpusBlock(block.Key.Name, block.Key.Ulid, new SortedDictionary<string, byte[]>(block.ToDictionary(each => each.Path[2], each => each.Content), StringComparer.Ordinal))),
        ];
    }

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "build.sh")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new DirectoryNotFoundException("No checkout above " + AppContext.BaseDirectory);
    }
}
