using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>Carries the archive of a waiting agent's stream from its control socket to standard output.</summary>
internal static class StreamRelay
{
    /// <summary>Whether the agent of this container runs what <c>start</c> asks for.</summary>
    public static bool IsWanted => AgentCall.Ask(ControlRequest.Status).IsWaiting;

    /// <exception cref="OperatorException">There is no such stream, or it broke off.</exception>
    public static ExitStatus Run(UnixDomainSocketEndPoint agent, Stream output)
    {
        ControlAnswer answer = Copy(agent, output);
        if (answer.Problem is { } problem)
        {
            throw new OperatorException((ExitStatus)answer.ExitStatus, problem, answer.Remedy ?? string.Empty);
        }

        Console.Error.WriteLine($"bytes {answer.Run?.ArchiveBytes}\nsha256 {answer.Run?.Sha256}");
        return ExitStatus.Done;
    }

    private static ControlAnswer Copy(UnixDomainSocketEndPoint agent, Stream output)
    {
        try
        {
            using Socket? socket = AgentCall.TryConnect(agent);
            if (socket is null)
            {
                return AgentCall.NoAgent();
            }

            // A run may wait for long: Prometheus makes the snapshot after a compaction.
            socket.ReceiveTimeout = 0;
            using NetworkStream input = new(socket);
            input.Write(Encoding.UTF8.GetBytes(ControlRequest.Stream + "\n"));
            StreamHandoff.Copy(input, output);
            using StreamReader lines = new(input);
            string answer = lines.ReadLine() ?? "null";
            return JsonSerializer.Deserialize(answer, ControlJson.Default.ControlAnswer) ?? Broken();
        }
        catch (SocketException)
        {
            return AgentCall.NoAgent();
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException or JsonException
            or IOException { InnerException: SocketException })
        {
            return Broken();
        }
    }

    private static ControlAnswer Broken() => new()
    {
        ExitStatus = (int)ExitStatus.ArchiveFailed,
        Problem = "The run ended before its archive was complete. The copy is incomplete.",
        Remedy = "See how the run ended: oso-snapshot follow, or kubectl logs POD -c CONTAINER.",
    };
}
