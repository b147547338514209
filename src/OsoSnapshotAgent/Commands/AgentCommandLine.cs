using System.CommandLine;

namespace OsoSnapshotAgent.Commands;

/// <summary>The verbs and their options.</summary>
internal static class AgentCommandLine
{
    public static RootCommand Create()
    {
        RootCommand root = new("Backs up the TSDB of a running Prometheus from a debug container beside it. Without a verb it runs the procedure that the environment variables ask for (see README.md, \"Settings\").");
        root.SetAction(async (_, _) => (int)await RunProcedure.RunAsync());
        root.Subcommands.Add(ControlCommands.Status());
        root.Subcommands.Add(ControlCommands.Release());
        root.Subcommands.Add(VerifyCommand.Create());
        root.Subcommands.Add(ExportCommand.Create());
        return root;
    }
}
