using System.CommandLine;
using OsoSnapshotClient.Backups;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.CommandLine;

/// <summary>The verbs that work only on backup directories.</summary>
internal static class BackupCommands
{
    private const string Json = "json";

    public static Command Backups()
    {
        Argument<string> directory = Directory();
        Option<string> output = new("--output", "-o") { Description = "json: one JSON object per snapshot." };
        Command command = new("backups", "Lists the snapshots in a backup directory, and the space that each takes.")
        {
            directory, output,
        };
        command.SetAction(arguments => LocalCommands.Run(_ =>
        {
            string? form = arguments.GetValue(output);
            if (form is not (null or Json))
            {
                throw Wrong($"--output is '{form}'.", "use json, or leave it out");
            }

            new BackupsTable(arguments.GetRequiredValue(directory), form == Json, Console.Out).Run();
        }));
        return command;
    }

    public static Command Prune()
    {
        Argument<string> directory = Directory();
        Option<string> last = new("--keep-last") { Description = "Keep this many snapshots of each pod." };
        Option<string> within = new("--keep-within")
        {
            Description = "Keep snapshots up to this age, such as 30d. The newest of each pod always stays.",
        };
        Option<bool> trial = new("--dry-run") { Description = "Show what would be deleted, and delete nothing." };
        Command command = new(
            "prune", "Deletes snapshots from a backup directory, and the blocks that no remaining snapshot needs.")
        {
            directory, last, within, trial,
        };
        command.SetAction(arguments => LocalCommands.Run(token =>
        {
            KeepRule rule = ReadRule(
                arguments.GetValue(last) is null ? null : (int)Math.Min(Numbers.Read(arguments, last, 1), int.MaxValue),
                arguments.GetValue(within));
            new PruneRun(
                arguments.GetRequiredValue(directory),
                rule,
                arguments.GetValue(trial),
                Console.Out,
                TimeProvider.System).Run(token);
        }));
        return command;
    }

    private static KeepRule ReadRule(int? last, string? within)
    {
        if (last is null && within is null)
        {
            throw Wrong("No option says which snapshots stay.", "give --keep-last N, --keep-within 30d, or both");
        }

        TimeSpan age = TimeSpan.Zero;
        return within is null || Durations.TryParse(within, out age)
            ? new(last, within is null ? null : age)
            : throw Wrong($"--keep-within is '{within}'.", $"give {Durations.Rule}");
    }

    private static Argument<string> Directory() => new("DIR")
    {
        Description = "The directory that take --into has written to.",
    };

    private static OperatorException Wrong(string problem, string remedy) => new(ExitStatus.Settings, problem, remedy);
}
