using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Store;

/// <summary>
/// The files in <c>blocks/</c> as they were listed, so that most need no look of their own. There may be 200,000, so
/// that each block has 56 bytes here, and the files' names are made of its name again.
/// </summary>
internal sealed class BlockFiles
{
    private readonly IBackupStore _store;
    private readonly Dictionary<BlockName, Entry> _listed = [];

    public BlockFiles(IBackupStore store)
    {
        _store = store;
        foreach (StoredFile file in store.Files(BackupLayout.Blocks))
        {
            Parts += file.Name.EndsWith(SmallFile.PartExtension, StringComparison.Ordinal) ? 1 : 0;
            if (BlockName.TryParseEither(file.Name, out BlockName block))
            {
                Add(block, file);
            }
        }
    }

    [Flags]
    private enum Seen : byte
    {
        Archive = 1,
        OddArchive = 2,
        Checksum = 4,
        OddChecksum = 8,
        Needed = 16,
    }

    /// <summary>The number of partial files.</summary>
    public int Parts { get; }

    /// <summary>The blocks whose archives have their final names, in the order of their names.</summary>
    public IReadOnlyList<BlockName> Archives => Select(entry => entry.Has(Seen.Archive | Seen.OddArchive));

    /// <summary>The blocks of which an archive or a checksum file is there, and that are not needed.</summary>
    public IReadOnlyList<BlockName> Unneeded => Select(entry => !entry.Has(Seen.Needed));

    /// <summary>Notes that a list which stays names the block.</summary>
    public void Need(BlockName block)
    {
        if (_listed.TryGetValue(block, out Entry entry))
        {
            _listed[block] = entry with { Seen = entry.Seen | Seen.Needed };
        }
    }

    public bool IsNeeded(BlockName block) => _listed.GetValueOrDefault(block).Has(Seen.Needed);

    public bool HasArchive(BlockName block) => _listed.GetValueOrDefault(block).Has(Seen.Archive);

    /// <returns>The size of the block's archive; 0 if there is none.</returns>
    public long BytesOf(BlockName block) => _listed.GetValueOrDefault(block).Bytes;

    /// <summary>Looks anew for what was not there, and at what is no regular file, which says what it is.</summary>
    /// <returns>null if there is no such archive now, nor was when they were listed.</returns>
    public StoredFile? Find(BlockName block) => _listed.GetValueOrDefault(block) is var entry && entry.Has(Seen.Archive)
        ? new(block.FileName, entry.Bytes, new(entry.ModifiedTicks, TimeSpan.Zero))
        : _store.Find(block.Path);

    /// <summary>Looks anew as <see cref="Find"/> does.</summary>
    public bool HasChecksum(BlockName block) =>
        _listed.GetValueOrDefault(block).Has(Seen.Checksum) || _store.Find(StoredBlocks.ChecksumOf(block)) is not null;

    /// <returns>The names of the block's files in the store, and whether each is a regular file.</returns>
    public IEnumerable<(string Name, bool IsRegular)> Of(BlockName block)
    {
        Entry entry = _listed.GetValueOrDefault(block);
        (string Name, bool IsThere, bool IsRegular)[] both =
        [
            (block.Path, entry.Has(Seen.Archive | Seen.OddArchive), entry.Has(Seen.Archive)),
            (StoredBlocks.ChecksumOf(block), entry.Has(Seen.Checksum | Seen.OddChecksum), entry.Has(Seen.Checksum)),
        ];
        return both.Where(file => file.IsThere).Select(file => (file.Name, file.IsRegular));
    }

    private void Add(BlockName block, StoredFile file)
    {
        if (_listed.Count == _listed.Capacity)
        {
            // What a large table leaves when it grows is collected late, so it grows seldom.
            _listed.EnsureCapacity(4 * _listed.Count);
        }

        Entry entry = _listed.GetValueOrDefault(block);
        bool isChecksum = file.Name.EndsWith(ChecksumFile.Extension, StringComparison.Ordinal);
        _listed[block] = (isChecksum, file.IsRegular) switch
        {
            (true, true) => entry with { Seen = entry.Seen | Seen.Checksum },
            (true, false) => entry with { Seen = entry.Seen | Seen.OddChecksum },
            (false, true) => new(file.SizeBytes, file.ModifiedAt.UtcTicks, entry.Seen | Seen.Archive),
            (false, false) => entry with { Seen = entry.Seen | Seen.OddArchive },
        };
    }

    private BlockName[] Select(Predicate<Entry> isWanted)
    {
        BlockName[] found = [.. _listed.Where(one => isWanted(one.Value)).Select(one => one.Key)];
        Array.Sort(found);
        return found;
    }

    /// <param name="Bytes">The archive's size.</param>
    private readonly record struct Entry(long Bytes, long ModifiedTicks, Seen Seen)
    {
        public bool Has(Seen any) => (Seen & any) != 0;
    }
}
