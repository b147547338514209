using System.CommandLine;
using OsoSnapshotClient.Store;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The options that say which snapshots <c>prune</c> keeps.</summary>
internal sealed class KeepOptions
{
    private readonly Option<long?> _last = Count("--keep-last", "Keep this many snapshots of each pod.");

    private readonly Option<TimeSpan?> _within = new("--keep-within")
    {
        HelpName = "AGE",
        Description = "Keep snapshots up to this age, such as 30d. The newest of each pod always stays.",
        CustomParser = Values.One<TimeSpan?>(
            text => Durations.TryParse(text, out TimeSpan age) ? age : null, Durations.Rule),
    };

    private readonly Option<long?> _daily = Count("--keep-daily", "Keep the newest of each of so many days, in UTC.");
    private readonly Option<long?> _weekly = Count("--keep-weekly", "Keep the newest of each of so many weeks.");
    private readonly Option<long?> _monthly = Count("--keep-monthly", "Keep the newest of each of so many months.");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_last, _within, _daily, _weekly, _monthly])
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="OperatorException">No option is given.</exception>
    public KeepRule Read(ParseResult arguments)
    {
        KeepRule rule = new(
            (int?)arguments.GetValue(_last),
            arguments.GetValue(_within),
            (int?)arguments.GetValue(_daily),
            (int?)arguments.GetValue(_weekly),
            (int?)arguments.GetValue(_monthly));
        return !rule.IsEmpty ? rule : throw new OperatorException(
            ExitStatus.Settings,
            "No option says which snapshots stay.",
            "give one or several of --keep-last 7, --keep-within 30d, --keep-daily 7, --keep-weekly 4, --keep-monthly 12");
    }

    private static Option<long?> Count(string name, string description) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = Values.Number(min: 1, max: int.MaxValue),
    };
}
