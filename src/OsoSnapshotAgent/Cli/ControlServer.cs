using System.Net.Sockets;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using OsoSnapshotAgent.Runs;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// Answers the verbs of the same container. A client sends one line, and for <c>start</c> JSON after it. It gets lines
/// of JSON objects, of which the last is the answer. For <c>stream</c> it gets the frames of the archive first.
/// </summary>
/// <param name="warn">Is told that the verbs will get no answer.</param>
internal sealed class ControlServer(IAgent agent, TimeProvider time, Action<string> warn) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Socket? _listener;
    private Task _serving = Task.CompletedTask;

    /// <summary>The maximum wait for a client that sends or reads nothing.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The time between two progress messages of a removal.</summary>
    internal TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(1);

    public bool Start() => Start(ControlSocket.EndPoint);

    /// <returns>false if another process has the name.</returns>
    internal bool Start(UnixDomainSocketEndPoint endPoint)
    {
        _listener = ControlSocket.Create();
        try
        {
            _listener.Bind(endPoint);
            _listener.Listen();
            _serving = ServeAsync(_listener);
            return true;
        }
        catch (SocketException e)
        {
            // Any process in the pod may have taken the name.
            warn($"oso-snapshot status and release will get no answer from this run: {e.Message}.");
            return false;
        }
    }

    public void Dispose()
    {
        // An answer that the server is preparing is sent first, and the end of a run to those that follow it.
        _stop.Cancel();
        ((IAsyncResult)_serving).AsyncWaitHandle.WaitOne(Timeout);
        _listener?.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(Socket listener)
    {
        List<Task> answers = [];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await listener.AcceptAsync(_stop.Token);
                answers.RemoveAll(answer => answer.IsCompleted);
                answers.Add(AnswerAsync(client));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // One client has failed; the server waits for the next one.
            }
        }

        await Task.WhenAll(answers);
    }

    private async Task AnswerAsync(Socket client)
    {
        using Socket closed = client;
        if (!ControlSocket.IsPeerOurs(client))
        {
            return;
        }

        try
        {
            using NetworkStream stream = new(client);
            agent.Touch();
            await AnswerAsync(client, stream, await ReadLineAsync(stream));
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException
            or OperationCanceledException)
        {
            // The client has gone, or the answer can't be made.
        }
    }

    private Task AnswerAsync(Socket client, NetworkStream stream, ControlRequest request) => request switch
    {
        { Verb: ControlRequest.Start, Number: { } length and <= StartRequest.MaxBytes } =>
            StartAsync(stream, (int)length),
        { Verb: ControlRequest.Follow, Followed: var (position, run) } => new RunFollower(
            agent,
            time,
            one => SendAsync(stream, one, ControlJson.Default.RunEvent)).RunAsync(position, run, _stop.Token),
        { Verb: ControlRequest.Stream } => StreamAsync(client, stream),
        { Verb: ControlRequest.Receive } => ReceiveAsync(client, stream),
        _ => ObeyAsync(stream, request),
    };

    private async Task ObeyAsync(NetworkStream stream, ControlRequest request)
    {
        ControlAnswers answers = new(agent, ProgressInterval, _stop.Token);
        await SendAsync(stream, await answers.ObeyAsync(request, answer => TrySendAsync(stream, answer)));
    }

    private async Task StartAsync(NetworkStream stream, int length)
    {
        byte[] request = new byte[length];
        using CancellationTokenSource silence = new(Timeout);
        await stream.ReadExactlyAsync(request, silence.Token);
        await SendAsync(stream, agent.Start(request) with { IsWaiting = agent.IsWaiting });
    }

    private async Task StreamAsync(Socket client, NetworkStream stream)
    {
        if (agent.Run is { State.HasEnded: false, Stream: { } handoff } && handoff.TryGive(client))
        {
            await handoff.Done;
            if (handoff.IsComplete)
            {
                await SendAsync(stream, new() { Run = agent.Describe() });
            }

            return;
        }

        await stream.WriteAsync(StreamHandoff.NoFrames);
        await SendAsync(stream, ControlAnswers.Refuse(
            "The agent of this container runs no stream that lacks a reader.",
            "Start one: oso-snapshot start with the kind stream."));
    }

    private async Task ReceiveAsync(Socket client, NetworkStream stream)
    {
        Task? done = agent.Run is { State.HasEnded: false, Receive: { } handoff } ? handoff.TryGive(client) : null;
        await (done ?? SendAsync(
            stream,
            new() { Problem = "The agent of this container runs no restore that lacks a client." },
            ControlJson.Default.RestoreEvent));
    }

    private async Task<ControlRequest> ReadLineAsync(NetworkStream stream)
    {
        using CancellationTokenSource silence = new(Timeout);
        byte[] line = new byte[ControlRequest.MaxBytes];
        for (int count = 0; count < line.Length; count++)
        {
            if (await stream.ReadAsync(line.AsMemory(count, 1), silence.Token) == 0)
            {
                throw new IOException("the request has no end");
            }

            if (line[count] == '\n')
            {
                return ControlRequest.Parse(Encoding.UTF8.GetString(line, 0, count));
            }
        }

        throw new IOException("the request is too long");
    }

    private async Task TrySendAsync(NetworkStream stream, ControlAnswer answer)
    {
        try
        {
            await SendAsync(stream, answer);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has gone. A removal continues without it.
        }
    }

    private Task SendAsync(NetworkStream stream, ControlAnswer answer) =>
        SendAsync(stream, answer, ControlJson.Default.ControlAnswer);

    private async Task SendAsync<T>(NetworkStream stream, T answer, JsonTypeInfo<T> type)
    {
        using CancellationTokenSource deafness = new(Timeout);
        await stream.WriteAsync(ControlJson.Line(answer, type), deafness.Token);
    }
}
