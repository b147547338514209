using System.CommandLine;
using System.Net.Sockets;
using System.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// <c>receive</c>: carries a client's blocks from standard input to the run that restores, and its answers to standard
/// output.
/// </summary>
internal static class ReceiveCommand
{
    private const int BufferBytes = 256 << 10;

    public static Command Create()
    {
        Command command = new(
            "receive",
            "Carries blocks from standard input to the restore that was started in this container.");
        command.SetAction(_ => FileVerb.Run(() => Carry(
            ControlSocket.EndPoint, Console.OpenStandardInput(), Console.OpenStandardOutput())));
        return command;
    }

    /// <exception cref="OperatorException">No agent is at work in this container.</exception>
    internal static ExitStatus Carry(UnixDomainSocketEndPoint agent, Stream input, Stream output)
    {
        try
        {
            using Socket? socket = AgentCall.TryConnect(agent);
            if (socket is not null)
            {
                // A block's second reading, or a wait for Prometheus, may take long.
                socket.ReceiveTimeout = 0;
                using NetworkStream run = new(socket);
                run.Write(Encoding.UTF8.GetBytes(ControlRequest.Receive + "\n"));
                Thread sends = new(() => Send(input, run, socket)) { IsBackground = true, Name = "input" };
                sends.Start();
                run.CopyTo(output, BufferBytes);
                return ExitStatus.Done;
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The run has ended, or no agent listens. The client asks the agent how the run ended.
        }

        ControlAnswer none = AgentCall.NoAgent();
        throw new OperatorException((ExitStatus)none.ExitStatus, none.Problem!, none.Remedy!);
    }

    // The end of the input is the end of the client's connection.
    private static void Send(Stream input, NetworkStream run, Socket socket)
    {
        try
        {
            input.CopyTo(run, BufferBytes);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // The run needs no more.
        }
    }
}
