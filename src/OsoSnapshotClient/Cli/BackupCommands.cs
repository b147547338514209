using System.CommandLine;
using OsoSnapshotClient.Store;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The verbs that work only on backups.</summary>
internal static class BackupCommands
{
    private const string Json = "json";

    public static Command Backups()
    {
        Argument<string> directory = Directory();
        StoreOptions store = new();
        Option<string> output = new("--output", "-o")
        {
            HelpName = "json",
            Description = "json: one JSON object per snapshot.",
            CustomParser = Values.Word(Json),
        };
        Command command = new("backups", "Lists the snapshots in a backup directory, and the space that each takes.")
        {
            directory, output,
        };
        store.AddTo(command);
        command.SetAction(arguments => LocalCommands.Run(token =>
        {
            bool isJson = arguments.GetValue(output) is not null;
            TextWriter to = isJson ? Console.Out : PrintableWriter.StandardOutput;
            new BackupsTable(store.Place(arguments, arguments.GetRequiredValue(directory)), isJson, to).Run(token);
        }));
        return command;
    }

    public static Command Prune()
    {
        Argument<string> directory = Directory();
        StoreOptions store = new();
        Option<bool> trial = new("--dry-run") { Description = "Show what would be deleted, and delete nothing." };
        Command command = new(
            "prune", "Deletes snapshots from a backup directory, and the blocks that no remaining snapshot needs.")
        {
            directory, trial,
        };
        KeepOptions keep = new();
        keep.AddTo(command);
        store.AddTo(command);
        command.SetAction(arguments => LocalCommands.Run(token =>
            new PruneRun(
                store.Place(arguments, arguments.GetRequiredValue(directory)),
                keep.Read(arguments),
                arguments.GetValue(trial),
                PrintableWriter.StandardOutput,
                TimeProvider.System).Run(token)));
        return command;
    }

    public static Command Protect() => Protection(
        "protect", "Keeps a snapshot from prune, whatever its rules say.", (one, token) => one.Protect(token));

    public static Command Unprotect() => Protection(
        "unprotect", "Lets prune delete a protected snapshot again.", (one, token) => one.Unprotect(token));

    private static Command Protection(
        string name, string description, Action<Protection, CancellationToken> change)
    {
        Argument<string> directory = Directory();
        Argument<string> snapshot = new("SNAPSHOT")
        {
            Description = "The snapshot's name, as backups shows it.",
            CustomParser = Values.Text,
        };
        Option<string> pod = LocalCommands.Pod();
        Command command = new(name, description) { directory, snapshot, pod };
        StoreOptions store = new();
        store.AddTo(command);
        command.SetAction(arguments => LocalCommands.Run(token => change(
            new(
                store.Place(arguments, arguments.GetRequiredValue(directory)),
                arguments.GetValue(pod),
                arguments.GetRequiredValue(snapshot),
                PrintableWriter.StandardOutput),
            token)));
        return command;
    }

    private static Argument<string> Directory() => new("DIR")
    {
        Description = "What take --into has written to: a directory, or s3://BUCKET/PREFIX.",
        CustomParser = Values.Path,
    };
}
