using System.CommandLine;
using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;
using OsoSnapshotClient.Backups;

namespace OsoSnapshotClient.CommandLine;

/// <summary>The verbs for backup directories alone.</summary>
internal static class BackupCommands
{
    private const string Json = "json";

    public static Command Backups()
    {
        Argument<string> directory = Directory();
        Option<string> output = new("--output", "-o") { Description = "json: an object a snapshot and line." };
        Command command = new("backups", "Lists the snapshots in a backup directory, and what each costs.")
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
        Option<string> last = new("--keep-last") { Description = "How many snapshots of each pod stay." };
        Option<string> within = new("--keep-within")
        {
            Description = "How old a snapshot may be that stays, such as 30d; the newest of each pod always does.",
        };
        Option<bool> trial = new("--dry-run") { Description = "Says what would be deleted, and deletes nothing." };
        Command command = new(
            "prune", "Deletes snapshots from a backup directory, and the blocks that no other one needs.")
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
            throw Wrong("Which snapshots are to stay?", "--keep-last N, --keep-within 30d, or both: each keeps some");
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
