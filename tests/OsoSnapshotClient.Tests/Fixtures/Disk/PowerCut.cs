using System.Security.Cryptography;
using System.Text;

namespace OsoSnapshotClient.Tests.Fixtures.Disk;

/// <summary>
/// What may be on a disk after a power cut: of the operations that were not flushed, any may be lost, in any order.
/// </summary>
/// <param name="Files">The content of each file by its path.</param>
/// <param name="Directories">The paths of all directories below the root, each after its parent.</param>
internal sealed record PowerCut(IReadOnlyDictionary<string, byte[]> Files, IReadOnlyList<string> Directories)
{
    private const int RandomLosses = 20;

    /// <summary>Equal for equal trees.</summary>
    public string Digest
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (string directory in Directories.Order(StringComparer.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes(directory + "/\0"));
            }

            foreach ((string path, byte[] content) in Files.OrderBy(file => file.Key, StringComparer.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{content.Length}\0"));
                hash.AppendData(content);
            }

            return Convert.ToHexString(hash.GetHashAndReset());
        }
    }

    /// <summary>
    /// All states after the first operations: nothing lost, each one that was not flushed lost alone, all of them, and
    /// random ones.
    /// </summary>
    /// <returns>Each state, and what was lost.</returns>
    public static IEnumerable<(PowerCut State, string Lost)> After(IReadOnlyList<DiskOperation> done, Random random)
    {
        int[] open = [.. NotFlushed(done)];
        IEnumerable<int[]> losses =
        [
            [],
            .. open.Select(one => (int[])[one]),
            open,
            .. Enumerable.Range(0, open.Length > 1 ? RandomLosses : 0).Select(_ => open.Where(_ => random.Next(2) == 0).ToArray()),
        ];
        return losses.Select(lost => (
            Replay(done, [.. lost]),
            string.Join("; ", lost.Select(index => $"[{index}] {done[index]}"))));
    }

    public void WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string directory in Directories)
        {
            Directory.CreateDirectory(Path.Combine(folder, directory));
        }

        foreach ((string path, byte[] content) in Files)
        {
            File.WriteAllBytes(Path.Combine(folder, path), content);
        }
    }

    private static IEnumerable<int> NotFlushed(IReadOnlyList<DiskOperation> done)
    {
        HashSet<int> flushed = [];
        for (int index = done.Count - 1; index >= 0; index--)
        {
            if (done[index] is Flushed flush)
            {
                flushed.Add(flush.Node);
            }
            else if (!flushed.Contains(done[index].Node))
            {
                yield return index;
            }
        }
    }

    private static PowerCut Replay(IReadOnlyList<DiskOperation> done, HashSet<int> lost)
    {
        Dictionary<int, Dictionary<string, int>> names = [];
        Dictionary<int, byte[]> contents = [];
        foreach (DiskOperation operation in done.Where((_, index) => !lost.Contains(index)))
        {
            if (operation is Written written)
            {
                byte[] content = contents.GetValueOrDefault(written.Node, []);
                Array.Resize(ref content, (int)Math.Max(content.Length, written.Offset + written.Bytes.Length));
                written.Bytes.CopyTo(content, written.Offset);
                contents[written.Node] = content;
            }
            else if (operation is NamesChanged changed)
            {
                Dictionary<string, int> entries = names.GetValueOrDefault(changed.Node, []);
                names[changed.Node] = entries;
                foreach ((string name, int? target) in changed.Names)
                {
                    entries.Remove(name);
                    if (target is { } node)
                    {
                        entries.Add(name, node);
                    }
                }
            }
        }

        return Reachable(names, contents, [.. DirectoriesOf(done)]);
    }

    // A directory may have no entries left, and a file no content.
    private static IEnumerable<int> DirectoriesOf(IReadOnlyList<DiskOperation> done) =>
        done.Where(operation => operation is NamesChanged).Select(operation => operation.Node);

    private static PowerCut Reachable(
        Dictionary<int, Dictionary<string, int>> names, Dictionary<int, byte[]> contents, HashSet<int> directories)
    {
        Dictionary<string, byte[]> files = [];
        List<string> found = [];
        Visit(RecordedDisk.Root, string.Empty);
        return new(files, found);

        void Visit(int directory, string path)
        {
            foreach ((string name, int node) in names.GetValueOrDefault(directory, []))
            {
                if (directories.Contains(node))
                {
                    found.Add(path + name);
                    Visit(node, $"{path}{name}/");
                }
                else
                {
                    files.Add(path + name, contents.GetValueOrDefault(node, []));
                }
            }
        }
    }
}
