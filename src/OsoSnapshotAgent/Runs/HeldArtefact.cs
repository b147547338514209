using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Runs;

/// <summary>What a run holds for the copy.</summary>
/// <param name="Name">A noun for messages, such as "archive".</param>
/// <param name="Path">Relative to the data directory. The hold ends when this path is gone.</param>
/// <param name="Instructions">The commands to copy it with.</param>
internal sealed record HeldArtefact(string Name, string Path, IEnumerable<string> Instructions)
{
    public bool IsArchive => Path == DataDirectory.ArchiveName;

    public static HeldArtefact Archive(TargetContainer target) =>
        new("archive", DataDirectory.ArchiveName, CopyInstructions.OfArchive(target));

    public static HeldArtefact Blocks(SnapshotName snapshot) =>
        new("blocks", DataDirectory.SnapshotPath(snapshot), CopyInstructions.OfBlocks());
}
