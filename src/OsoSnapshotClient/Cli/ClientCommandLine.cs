using System.CommandLine;
using System.CommandLine.Help;

namespace OsoSnapshotClient.Cli;

/// <summary>The verbs and their options.</summary>
internal static class ClientCommandLine
{
    /// <summary>The program's name, as messages show it.</summary>
    public const string Program = "kubectl oso-snapshot";

    public static RootCommand Create()
    {
        KubectlOptions kubectl = new();
        PodCommands pods = new(kubectl);
        RootCommand root = new(
            "Backs up the database of running Prometheus pods, checks every block, and restores it. After take, you have"
            + " a copy if the exit status is 0, 10 (blocks were damaged on Prometheus' disk already) or 11 (the agent's"
            + " files could not be removed).");
        foreach (Option option in kubectl.All)
        {
            root.Options.Add(option);
        }

        root.Options.OfType<VersionOption>().Single().Action = new VersionText();
        root.Options.OfType<HelpOption>().Single().Action = new HelpText();
        Command[] verbs =
        [
            pods.Take(), pods.Status(), pods.List(), pods.Remove(), pods.Cancel(), pods.Doctor(),
            new RestoreCommand(kubectl).Create(), new DrillCommand(kubectl).Create(), LocalCommands.Verify(),
            BackupCommands.Backups(), BackupCommands.Prune(), BackupCommands.Protect(), BackupCommands.Unprotect(),
        ];
        foreach (Command verb in verbs)
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }
}
