using OsoSnapshot.Formats.Tsdb;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Procedures;

/// <summary>What is held for the copy.</summary>
/// <param name="Name">For people.</param>
/// <param name="Path">Below the data directory. When it is gone, the hold ends.</param>
/// <param name="Instructions">How to copy it.</param>
internal sealed record Held(string Name, string Path, IEnumerable<string> Instructions)
{
    public bool IsArchive => Path == DataDirectory.ArchiveName;

    public static Held Archive(TargetContainer target) =>
        new("archive", DataDirectory.ArchiveName, CopyInstructions.OfArchive(target));

    public static Held Blocks(SnapshotName snapshot) =>
        new("blocks", DataDirectory.SnapshotPath(snapshot), CopyInstructions.OfBlocks());
}
