using System.CommandLine;

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
            "Backs up the database of running Prometheus pods and copies the archive here. The exit status is 0 for success,"
            + " 2 for a wrong command line, 6 for a copy that isn't the archive, the agent's own if the agent failed, and 1"
            + " for most other failures.");
        foreach (Option option in kubectl.All)
        {
            root.Options.Add(option);
        }

        root.Options.OfType<VersionOption>().Single().Action = new VersionText();
        Command[] verbs =
        [
            pods.Take(), pods.Status(), pods.List(), pods.Remove(), pods.Cancel(), pods.Doctor(),
            new RestoreCommand(kubectl).Create(), new DrillCommand().Create(), LocalCommands.Verify(),
            BackupCommands.Backups(), BackupCommands.Prune(), BackupCommands.Protect(), BackupCommands.Unprotect(),
        ];
        foreach (Command verb in verbs)
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }
}
