using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>Asks the agent of the same container, as a client of its control socket.</summary>
internal static class AgentCall
{
    /// <summary>Asks the agent of this container.</summary>
    public static ControlAnswer Ask(string request) => Ask(ControlSocket.EndPoint, request, _ => { });

    /// <param name="request">The line of a <see cref="ControlRequest"/>.</param>
    /// <param name="tell">Gets the answers that tell the progress.</param>
    /// <param name="content">What follows the line.</param>
    public static ControlAnswer Ask(
        UnixDomainSocketEndPoint agent,
        string request,
        Action<ControlAnswer> tell,
        byte[]? content = null)
    {
        ControlAnswer? found = null;
        bool isHeard = Converse(agent, request, content ?? [], line =>
        {
            ControlAnswer answer = JsonSerializer.Deserialize(line, ControlJson.Default.ControlAnswer)!;
            if (answer.Progress is null)
            {
                found = answer;
                return false;
            }

            tell(answer);
            return true;
        });
        return found ?? (isHeard ? EndedUnheard(request) : NoAgent());
    }

    /// <summary>Sends a request, and reads lines of JSON.</summary>
    /// <param name="isMore">Gets a line; returns whether it wants another one.</param>
    /// <returns>false if no agent of this user took the request.</returns>
    public static bool Converse(
        UnixDomainSocketEndPoint agent,
        string request,
        byte[] content,
        Func<string, bool> isMore)
    {
        bool isHeard = false;
        try
        {
            using Socket? socket = TryConnect(agent);
            if (socket is not null)
            {
                using NetworkStream stream = new(socket);
                using StreamReader lines = new(stream);
                stream.Write([.. Encoding.UTF8.GetBytes(request + "\n"), .. content]);
                isHeard = true;
                while (lines.ReadLine() is { } line && isMore(line))
                {
                }
            }
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException)
        {
            // No agent listens, or the agent ended before it could answer.
        }

        return isHeard;
    }

    /// <returns>null if the listener is no agent of this user in this container.</returns>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public static Socket? TryConnect(UnixDomainSocketEndPoint agent)
    {
        // A removal reports its progress every second, so a minute of silence means that the agent is gone.
        Socket socket = ControlSocket.Create();
        socket.ReceiveTimeout = 60_000;
        try
        {
            socket.Connect(agent);
            if (ControlSocket.IsPeerOurs(socket))
            {
                return socket;
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        socket.Dispose();
        return null;
    }

    public static ControlAnswer EndedUnheard(string request) => new()
    {
        ExitStatus = (int)ExitStatus.TargetUnreachable,
        Problem = $"The agent of this container ended before it answered '{request}'."
            + " The request may have been carried out.",
        Remedy = "See the agent's log and status: kubectl logs POD -c CONTAINER, kubectl get pod POD -o yaml."
            + " REMOVE=yes removes what is left.",
    };

    public static ControlAnswer NoAgent() => new()
    {
        ExitStatus = (int)ExitStatus.TargetUnreachable,
        Problem = "No agent of this user is at work in this container.",
        Remedy = "Run this in the container whose main process is oso-snapshot, as the same user:"
            + " kubectl exec POD -c CONTAINER -- oso-snapshot …",
    };
}
