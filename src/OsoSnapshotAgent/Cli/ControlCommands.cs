using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// The verbs that ask the agent of the same container: <c>kubectl exec POD -c debugger-xxxxx -- oso-snapshot …</c>
/// </summary>
internal static class ControlCommands
{
    public static Command Status()
    {
        Option<bool> json = new("--json") { Description = "Print a JSON object on one line." };
        Command command = new("status", "Says how far the agent of this container is.") { json };
        command.SetAction(arguments => Run(ControlServer.Status, answer => arguments.GetValue(json)
            ? [JsonSerializer.Serialize(answer.Run!, ControlJson.Default.RunStatus)]
            : Lines(answer.Run!)));
        return command;
    }

    public static Command Release()
    {
        Option<bool> remove = new("--remove") { Description = "Remove the artefacts first, as REMOVE=yes does." };
        Command command = new("release", "Ends the hold of the agent of this container, as Enter does.") { remove };
        command.SetAction(arguments => Run(
            arguments.GetValue(remove) ? ControlServer.Remove : ControlServer.Release,
            answer => [.. answer.Removed.Select(name => $"✅ Removed {name}."), "✅ The hold ends."]));
        return command;
    }

    internal static IEnumerable<string> Lines(RunStatus run)
    {
        List<string> lines = [];
        Add("Phase", run.Phase);
        Add("Snapshot", run.Snapshot);
        Add("Blocks", run.Blocks?.ToString(CultureInfo.InvariantCulture));
        if (run is { Blocks: > 0, From: { } from, To: { } to })
        {
            Add("Time range", $"{UtcTime.Format(from)} to {UtcTime.Format(to)}");
        }

        Add("Archive", run.Archive);
        Add("Bytes", run.ArchiveBytes?.ToString(CultureInfo.InvariantCulture));
        Add("SHA-256", run.Sha256);
        Add("Elapsed", Durations.Format(TimeSpan.FromSeconds(run.ElapsedSeconds)));
        Add("Missing", run.MissingSamples);
        Add("Problems", run.Problems.Count > 0 ? string.Join("; ", run.Problems) : null);
        return lines;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                lines.Add($"{name,-10}  {Printable.Text(value)}");
            }
        }
    }

    private static int Run(string request, Func<ControlAnswer, IEnumerable<string>> describe)
    {
        ControlAnswer answer = Ask(
            ControlSocket.EndPoint,
            request,
            progress => Console.Error.WriteLine(Printable.Text(progress)));
        if (answer.Problem is { } problem)
        {
            Console.Error.WriteLine(
                $"❌ {Printable.Text(problem, keepsLines: true)}\n"
                + $"   What to do: {Printable.Text(answer.Remedy ?? string.Empty, keepsLines: true)}");
        }
        else
        {
            Console.WriteLine(string.Join('\n', describe(answer)));
        }

        return answer.ExitStatus;
    }

    /// <param name="print">Gets the agent's progress messages until it answers.</param>
    internal static ControlAnswer Ask(UnixDomainSocketEndPoint agent, string request, Action<string> print)
    {
        bool isHeard = false;
        try
        {
            // A removal reports its progress every second, so a minute of silence means that the agent is gone.
            using Socket socket = ControlSocket.Create();
            socket.ReceiveTimeout = 60_000;
            socket.Connect(agent);
            if (ControlSocket.IsPeerOurs(socket))
            {
                using NetworkStream stream = new(socket);
                using StreamReader lines = new(stream);
                stream.Write(Encoding.UTF8.GetBytes(request + "\n"));
                isHeard = true;
                while (lines.ReadLine() is { } line)
                {
                    ControlAnswer answer = JsonSerializer.Deserialize(line, ControlJson.Default.ControlAnswer)!;
                    if (answer.Progress is not { } progress)
                    {
                        return answer;
                    }

                    print(progress);
                }
            }
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException)
        {
            // No agent listens, or the agent ended before it could answer.
        }

        return isHeard ? EndedUnheard(request) : NoAgent();
    }

    private static ControlAnswer EndedUnheard(string request) => new()
    {
        ExitStatus = (int)ExitStatus.TargetUnreachable,
        Problem = $"The agent of this container ended before it answered '{request}'."
            + " The request may have been carried out.",
        Remedy = "See the agent's log and status: kubectl logs POD -c CONTAINER, kubectl get pod POD -o yaml."
            + " REMOVE=yes removes what is left.",
    };

    private static ControlAnswer NoAgent() => new()
    {
        ExitStatus = (int)ExitStatus.TargetUnreachable,
        Problem = "No agent of this user is at work in this container.",
        Remedy = "Run this in the container whose main process is oso-snapshot, as the same user:"
            + " kubectl exec POD -c CONTAINER -- oso-snapshot …",
    };
}
