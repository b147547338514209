using System.CommandLine;
using OsoSnapshotClient.Display;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The verbs that need no cluster.</summary>
internal static class LocalCommands
{
    public static Command Verify()
    {
        Argument<string> path = new("PATH")
        {
            Description = "An archive, a backup directory, s3://BUCKET/PREFIX, a snapshot's or a data directory.",
            CustomParser = Values.Path,
        };
        Option<bool> deep = new("--deep") { Description = "Read every block, also those of a bucket." };
        Option<bool> onlyNew = new("--new") { Description = "Read only the blocks that no verify has read." };
        Command command = new("verify", "Checks an archive or a directory of blocks, block by block.")
        {
            path, deep, onlyNew,
        };
        StoreOptions store = new();
        store.AddTo(command);
        command.SetAction(arguments => Run(token => Verify(
            store.Place(arguments, arguments.GetRequiredValue(path)),
            arguments.GetValue(deep),
            arguments.GetValue(onlyNew),
            token)));
        return command;
    }

    private static void Verify(BackupPlace what, bool isDeep, bool onlyNew, CancellationToken token)
    {
        if (onlyNew && (isDeep || !what.IsBackup))
        {
            throw new OperatorException(
                ExitStatus.Settings,
                isDeep ? "--deep reads every block, and --new does not." : $"--new needs a backup, not {what}.",
                "leave --new out");
        }

        if (what.IsBackup)
        {
            VerifyDepth? depth = isDeep ? VerifyDepth.Deep : onlyNew ? VerifyDepth.New : null;
            new BackupVerify(what, PrintableWriter.StandardOutput, Terminal.IsAscii, depth).Run(token);
            return;
        }

        new VerifyRun(what.Path, PrintableWriter.StandardOutput, Terminal.IsAscii).Run(token);
    }

    public static Option<string> Pod() => new("--pod")
    {
        HelpName = "NAMESPACE.POD",
        Description = "NAMESPACE.POD or CLUSTER/NAMESPACE.POD, if a backup has several.",
        CustomParser = Values.One(
            text => PodName.TryParse(text)?.Text, "a namespace and a pod, as in monitoring.prometheus-0"),
    };

    public static Option<string> At() => new("--at")
    {
        HelpName = "SNAPSHOT|TIME",
        Description = "A snapshot of the backup, or a time for the newest before it (the newest of all).",
        CustomParser = Values.Text,
    };

    /// <returns>The exit status.</returns>
    public static int Run(Action<CancellationToken> action)
    {
        using EndSignal signal = new();
        try
        {
            action(signal.Token);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return (int)signal.Status;
        }
    }
}
