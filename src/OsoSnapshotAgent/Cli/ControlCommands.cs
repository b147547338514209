using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// The verbs that ask the agent of the same container: <c>kubectl exec POD -c debugger-xxxxx -- oso-snapshot …</c>
/// </summary>
internal static class ControlCommands
{
    public static Func<ArgumentResult, string?> RunName { get; } = Values.One(
        text => StartRequest.IsName(text) ? text : null,
        "a name of small letters, digits and '-', of at most 63 characters");

    public static Command Status()
    {
        Option<bool> json = new("--json") { Description = "Print a JSON object on one line." };
        Command command = new("status", "Says how far the agent of this container is.") { json };
        command.SetAction(arguments => Run(ControlRequest.Status, answer => arguments.GetValue(json)
            ? [JsonSerializer.Serialize(answer.Run!, ControlJson.Default.RunStatus)]
            : StatusLines.Of(answer.Run!)));
        return command;
    }

    public static Command Release()
    {
        Option<bool> remove = new("--remove") { Description = "Remove the artefacts first, as REMOVE=yes does." };
        (Option<string?> client, Option<bool> json) = ClientOptions();
        Command command = new("release", "Ends the hold of the agent of this container, as Enter does.")
        {
            remove, client, json,
        };
        command.SetAction(arguments => Run(
            new ControlRequest(
                arguments.GetValue(remove) ? ControlRequest.Remove : ControlRequest.Release,
                arguments.GetValue(client)).ToString(),
            answer => [.. answer.Removed.Select(name => $"✅ Removed {name}."), "✅ The hold ends."],
            arguments.GetValue(json)));
        return command;
    }

    public static Command Cancel()
    {
        (Option<string?> client, Option<bool> json) = ClientOptions();
        Command command = new(
            "cancel",
            "Ends the run of the agent of this container in any phase. During the hold, it removes all artefacts.")
        {
            client, json,
        };
        command.SetAction(arguments => Run(
            new ControlRequest(ControlRequest.Cancel, arguments.GetValue(client)).ToString(),
            answer => [answer.Run?.End is { } end ? $"✅ The run has ended: {end.Message}" : "✅ There is no run."],
            arguments.GetValue(json)));
        return command;
    }

    public static Command Quit()
    {
        Command command = new("quit", "Ends an agent that waits for a run.");
        command.SetAction(_ => Run(ControlRequest.Quit, _ => ["✅ The agent ends."]));
        return command;
    }

    private static (Option<string?> Client, Option<bool> Json) ClientOptions() =>
    (
        new("--client")
        {
            Description = "The name of the run that you started. The client of another run learns it.",
            CustomParser = RunName,
        },
        new("--json") { Description = "Print each answer as a JSON object on one line." });

    private static int Run(string request, Func<ControlAnswer, IEnumerable<string>> describe, bool asJson = false)
    {
        ControlAnswer answer = AgentCall.Ask(ControlSocket.EndPoint, request, progress =>
        {
            if (asJson)
            {
                Print(progress);
            }
            else
            {
                Console.Error.WriteLine(Printable.Text(progress.Progress!));
            }
        });
        if (asJson)
        {
            Print(answer);
        }
        else if (answer.Problem is { } problem)
        {
            Console.Error.WriteLine(
                $"❌ {Printable.Text(problem, keepsLines: true)}\n"
                + $"   What to do: {Printable.Text(answer.Remedy ?? string.Empty, keepsLines: true)}");
        }
        else
        {
            PrintableWriter.StandardOutput.WriteLine(string.Join('\n', describe(answer)));
        }

        return answer.ExitStatus;
    }

    /// <summary>Prints an answer as JSON on one line.</summary>
    internal static void Print(ControlAnswer answer) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(answer, ControlJson.Default.ControlAnswer));
}
