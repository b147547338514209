using System.CommandLine;
using System.Text;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Runs;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Cli;

/// <summary><c>wait</c>: the main process of a client's container.</summary>
internal static class WaitCommand
{
    public static Command Create()
    {
        Option<bool> resident = new("--resident") { Description = "Stay after a run, until \"quit\"." };
        Command command = new(
            "wait",
            "Waits until \"start\" asks for a run. Ends after that run, or if it is asked nothing for 15 minutes.")
        {
            resident,
        };
        command.SetAction(async (arguments, _) => (int)await RunAsync(arguments.GetValue(resident)));
        return command;
    }

    private static async Task<ExitStatus> RunAsync(bool isResident)
    {
        Priority.Lower();
        Children.Reap();
        using EndSignals signals = new();
        WaitingAgent agent = new(isResident, new RunLauncher(), TimeProvider.System);
        OperatorException? taken = null;
        using ControlServer server = new(agent, TimeProvider.System, problem => taken = new(
            ExitStatus.Busy,
            $"The agent can't wait here: {problem}",
            "Another agent is at work in this container: see oso-snapshot status."));
        if (!server.Start())
        {
            throw taken!;
        }

        string until = isResident ? ", until quit" : string.Empty;
        Terminal.Write(Encoding.UTF8.GetBytes(
            $"oso-snapshot {ProductVersion.Text} waits for oso-snapshot start{until}.\n"));

        // The container may wait for hours, in its pod's memory.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        return await agent.RunAsync(signals);
    }
}
