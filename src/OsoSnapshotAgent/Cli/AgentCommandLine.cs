using System.CommandLine;
using System.CommandLine.Help;

namespace OsoSnapshotAgent.Cli;

/// <summary>The verbs and their options.</summary>
internal static class AgentCommandLine
{
    /// <summary>The program's name, as messages show it.</summary>
    public const string Program = "oso-snapshot";

    public static RootCommand Create()
    {
        RootCommand root = new(
            "Backs up the TSDB of a running Prometheus from a debug container beside it. Without a verb, it runs the procedure that the"
            + " environment asks for: see the end of this text.");
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithSettings((HelpAction)help.Action!);
        root.SetAction(async (_, _) => (int)await RunCommand.TakeOrRemoveAsync());
        root.Subcommands.Add(ControlCommands.Status());
        root.Subcommands.Add(ControlCommands.Release());
        root.Subcommands.Add(WaitCommand.Create());
        root.Subcommands.Add(StartCommand.Create());
        root.Subcommands.Add(FollowCommand.Create());
        root.Subcommands.Add(ControlCommands.Cancel());
        root.Subcommands.Add(ControlCommands.Quit());
        root.Subcommands.Add(InspectCommand.List());
        root.Subcommands.Add(InspectCommand.Create());
        root.Subcommands.Add(VerifyCommand.Create());
        root.Subcommands.Add(BlocksCommand.Create());
        root.Subcommands.Add(ExportCommand.Create());
        root.Subcommands.Add(ReceiveCommand.Create());
        root.Subcommands.Add(UploadCommand.Create());
        return root;
    }
}
