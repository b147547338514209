using System.CommandLine;
using System.Text;
using OsoSnapshotAgent.Linux;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary><c>follow</c>: prints the log lines and states of the run in this container until its end.</summary>
internal static class FollowCommand
{
    public static Command Create()
    {
        Argument<string?> run = new("run")
        {
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = ControlCommands.RunName,
            Description = "The run's name. If that is not the last run, the verb prints what is known, and ends."
                + " Default: any run.",
        };
        Option<long?> from = new("--from")
        {
            Description = "The number of log lines that are known already. Default: 0.",
            CustomParser = Values.Number(min: 0),
        };
        Option<bool> untilInputEnds = InputLifeline.Option();
        Command command = new(
            "follow",
            "Prints the lines of the run's log and the changes of its state as JSON objects, until the run ends.")
        {
            run, from, untilInputEnds,
        };
        command.SetAction(arguments =>
        {
            InputLifeline.Watch(arguments.GetValue(untilInputEnds), ExitStatus.Done);
            return FileVerb.Run(() => Follow(arguments.GetValue(from) ?? 0, arguments.GetValue(run)));
        });
        return command;
    }

    private static ExitStatus Follow(long position, string? run)
    {
        bool isOpen = true;
        bool isHeard = AgentCall.Converse(
            ControlSocket.EndPoint,
            run is null ? $"{ControlRequest.Follow} {position}" : $"{ControlRequest.Follow} {position} {run}",
            [],
            line => isOpen = Terminal.Write(Encoding.UTF8.GetBytes(line + "\n")));
        if (!isHeard)
        {
            ControlAnswer none = AgentCall.NoAgent();
            throw new OperatorException((ExitStatus)none.ExitStatus, none.Problem!, none.Remedy!);
        }

        return isOpen ? ExitStatus.Done : ExitStatus.ReaderGone;
    }
}
