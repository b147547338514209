using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Cli;

/// <summary><c>export --block</c>: writes one block of the held snapshot as tar and gzip, from any byte on.</summary>
internal static class BlockExport
{
    public static ExitStatus Run(BlockId id, long offset, long length)
    {
        AgentSettings settings = Discovery.Settings();
        using HeldSnapshot snapshot = HeldSnapshot.Find();
        using DirectoryHandle block = snapshot.Directory.FindDirectory(id.Text) ?? throw new OperatorException(
            ExitStatus.Settings,
            $"The snapshot holds no block {id}.",
            "See the names with oso-snapshot blocks.");
        using StandardOutput output = new(CancellationToken.None);
        BlockArchive archive = new(block, id, settings, snapshot.PrometheusPid);
        foreach (string line in archive.Write(output, offset, length))
        {
            Console.Error.WriteLine(line);
        }

        return ExitStatus.Done;
    }
}
