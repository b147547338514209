using System.CommandLine;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The verbs that need no cluster.</summary>
internal static class LocalCommands
{
    public static Command Restore()
    {
        Argument<string> archive = new("SOURCE")
        {
            Description = "An archive with its .sha256 beside it, a backup directory, or s3://BUCKET/PREFIX.",
            CustomParser = Values.Path,
        };
        Argument<string> directory = new("DIRECTORY")
        {
            Description = "An empty directory; created if missing.",
            CustomParser = Values.Path,
        };
        StoreOptions store = new();
        Option<FileOwner> owner = Owner();
        Option<string> pod = Pod();
        Option<string> at = new("--at")
        {
            Description = "A snapshot of the backup directory, or a time for the newest before it (the newest of all).",
            CustomParser = Values.Text,
        };
        Command command = new("restore", "Checks a backup, and makes a data directory for Prometheus from it.")
        {
            archive, directory, owner, pod, at,
        };
        store.AddTo(command);
        command.SetAction(arguments => Run(token => Restore(
            store.Place(arguments, arguments.GetRequiredValue(archive)),
            new(arguments.GetRequiredValue(directory), arguments.GetValue(owner)),
            arguments.GetValue(pod),
            arguments.GetValue(at),
            token)));
        return command;
    }

    private static void Restore(BackupPlace source, Destination to, string? pod, string? at, CancellationToken token)
    {
        if (source.IsBackup)
        {
            RestoreTarget target = new(to.Directory, to.Owner, PrintableWriter.StandardOutput, TimeProvider.System);
            new BackupRestore(source, pod, at, target, PrintableWriter.StandardOutput).Run(token);
            return;
        }

        if ((pod ?? at) is not null)
        {
            throw new OperatorException(
                ExitStatus.Settings, $"--pod and --at need a backup directory, not {source}.", "leave them out");
        }

        new RestoreRun(source.Path, to.Directory, to.Owner, PrintableWriter.StandardOutput, TimeProvider.System)
            .Run(token);
    }

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

        bool ascii = Environment.GetEnvironmentVariable("TERM") == "dumb";
        if (what.IsBackup)
        {
            VerifyDepth? depth = isDeep ? VerifyDepth.Deep : onlyNew ? VerifyDepth.New : null;
            new BackupVerify(what, PrintableWriter.StandardOutput, ascii, depth).Run(token);
            return;
        }

        new VerifyRun(what.Path, PrintableWriter.StandardOutput, ascii).Run(token);
    }

    private static Option<FileOwner> Owner() => new("--owner")
    {
        Description = "The owner of the restored files, as UID:GID.",
        CustomParser = OperatingSystem.IsLinux()
            ? Values.One(FileOwner.TryParse, "two numbers, as in 65534:65534")
            : Values.One<FileOwner>(_ => null, "left out on this system: only Linux can give files away safely"),
    };

    public static Option<string> Pod() => new("--pod")
    {
        Description = "NAMESPACE.POD or CLUSTER/NAMESPACE.POD, if a backup has several.",
        CustomParser = Values.One(
            text => PodName.TryParse(text)?.Text, "a namespace and a pod, as in monitoring.prometheus-0"),
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

    /// <summary>Where a backup is restored to, and who owns the files there.</summary>
    private sealed record Destination(string Directory, FileOwner? Owner);
}
