using System.CommandLine;
using System.Text.Json;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// <c>blocks</c>: lists the blocks of the held snapshot, so that a client can copy those that it lacks.
/// </summary>
internal static class BlocksCommand
{
    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print a JSON array on one line." };
        Command command = new(
            "blocks",
            "Lists the blocks of the snapshot that the agent of this container holds.") { json };
        command.SetAction(arguments => FileVerb.Run(() =>
        {
            using SnapshotBlocks snapshot = HeldSnapshot.Open();
            Print(snapshot.List(), arguments.GetValue(json));
            return ExitStatus.Done;
        }));
        return command;
    }

    private static void Print(SnapshotBlock[] blocks, bool asJson)
    {
        if (asJson)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(blocks, ControlJson.Default.SnapshotBlockArray));
            return;
        }

        foreach (SnapshotBlock block in blocks)
        {
            Console.Out.WriteLine(block);
        }
    }
}
