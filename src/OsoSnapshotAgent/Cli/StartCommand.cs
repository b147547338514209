using System.CommandLine;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary><c>start</c>: asks the waiting agent of this container for a run.</summary>
internal static class StartCommand
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        Command command = new(
            "start",
            "Asks the agent that waits in this container for a run. Standard input has a line with the number of bytes, and then so many"
            + " bytes of JSON.");
        command.SetAction(async (_, token) =>
        {
            using Stream input = Console.OpenStandardInput();
            ControlAnswer answer = await AskAsync(ControlSocket.EndPoint, input, MaxWait);
            ControlCommands.Print(answer);
            return answer.ExitStatus;
        });
        return command;
    }

    /// <param name="maxWait">The limit for all of the input.</param>
    internal static async Task<ControlAnswer> AskAsync(
        System.Net.Sockets.UnixDomainSocketEndPoint agent,
        Stream input,
        TimeSpan maxWait)
    {
        // A read of a pipe can't be cancelled. It ends with the process.
        Task<byte[]?> reading = Task.Run(() => InputRequest.Read(input, StartRequest.MaxBytes));
        byte[]? request = await Task.WhenAny(reading, Task.Delay(maxWait)) == reading ? await reading : null;
        if (request is null)
        {
            return Wrong("Standard input holds no request: a line with a number of bytes, and so many bytes of JSON.");
        }

        return AgentCall.Ask(agent, $"{ControlRequest.Start} {request.Length}", _ => { }, request) switch
        {
            { IsWaiting: false, Problem: null } => Wrong("The agent of this container takes no request."),
            var answer => answer,
        };
    }

    private static ControlAnswer Wrong(string problem) => new()
    {
        ExitStatus = (int)ExitStatus.Settings,
        Problem = problem,
        Remedy = "Use a client of the same version.",
    };
}
