using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// Answers the verbs of the same container while the run is at work. A client sends one line. It gets lines of JSON
/// objects, of which the last is the answer.
/// </summary>
internal sealed class ControlServer(RunState run, Transcript transcript) : IDisposable
{
    public const string Status = "status";
    public const string Release = "release";
    public const string Remove = "remove";

    private const int MaxRequestBytes = 64;

    private readonly CancellationTokenSource _stop = new();
    private Socket? _listener;
    private Task _serving = Task.CompletedTask;

    /// <summary>The maximum wait for a client that sends or reads nothing.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The time between two progress messages of a removal.</summary>
    internal TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(1);

    public void Start() => Start(ControlSocket.EndPoint);

    internal void Start(UnixDomainSocketEndPoint endPoint)
    {
        _listener = ControlSocket.Create();
        try
        {
            _listener.Bind(endPoint);
            _listener.Listen();
            _serving = ServeAsync(_listener);
        }
        catch (SocketException e)
        {
            // The run continues, since it doesn't need the verbs. Any process in the pod may have taken the name.
            transcript.Warning(
                LogId.NoControlSocket,
                $"oso-snapshot status and release will get no answer from this run: {e.Message}.");
        }
    }

    public void Dispose()
    {
        // An answer that the server is preparing is sent first.
        _stop.Cancel();
        ((IAsyncResult)_serving).AsyncWaitHandle.WaitOne(Timeout);
        _listener?.Dispose();
        _stop.Dispose();
    }

    internal async Task<ControlAnswer> ObeyAsync(string request, Func<ControlAnswer, Task> send) => request switch
    {
        Status => new() { Run = run.Describe() },
        Remove => HeldRemoval.TryBegin(run.Hold) is { } removal ? await RemoveAsync(removal, send) : NotHolding(),
        Release when !run.Hold.IsHolding => NotHolding(),
        Release => End(),
        _ =>
            Refuse(
                $"The request '{request}' is unknown to oso-snapshot {ProductVersion.Text}.",
                "Use the program of the same image."),
    };

    private static ControlAnswer Refuse(string problem, string remedy) =>
        new() { ExitStatus = (int)ExitStatus.Busy, Problem = problem, Remedy = remedy };

    private ControlAnswer NotHolding() => run.Hold.IsRemoving
        ? Refuse("A removal is at work already.", "Ask again after that removal.")
        : Refuse(
            $"The agent does not wait for the copy yet: it is at {run.Describe().Phase}.",
            "Ask again when oso-snapshot status says hold-for-copy.");

    private async Task<ControlAnswer> RemoveAsync(HeldRemoval removal, Func<ControlAnswer, Task> send)
    {
        Task<ControlAnswer> removing = Task.Run(() => Run(removal), CancellationToken.None);
        while (await Task.WhenAny(removing, Task.Delay(ProgressInterval, CancellationToken.None)) != removing)
        {
            await send(
                new() { Progress = $"removing: {Plural.Of(removal.DeletedEntries, "file")} and directories so far" });
        }

        return await removing;
    }

    private ControlAnswer Run(HeldRemoval removal)
    {
        // The run continues as soon as the removal has ended the hold.
        RunStatus held = run.Describe();
        try
        {
            return new() { Run = held, Removed = removal.Run(_stop.Token) };
        }
        catch (OperatorException e)
        {
            return new() { ExitStatus = (int)e.Status, Problem = e.Message, Remedy = e.Remedy };
        }
    }

    private ControlAnswer End()
    {
        run.Hold.Release();
        return new() { Run = run.Describe() };
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
            using CancellationTokenSource silence = new(Timeout);
            byte[] buffer = new byte[MaxRequestBytes];
            int count = await client.ReceiveAsync(buffer, silence.Token);
            await SendAsync(
                client,
                await ObeyAsync(
                    Encoding.UTF8.GetString(buffer, 0, count).TrimEnd('\n'),
                    answer => TrySendAsync(client, answer)));
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException
            or OperationCanceledException)
        {
            // The client has gone, or the answer can't be made.
        }
    }

    private async Task TrySendAsync(Socket client, ControlAnswer answer)
    {
        try
        {
            await SendAsync(client, answer);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The client has gone. A removal continues without it.
        }
    }

    private async Task SendAsync(Socket client, ControlAnswer answer)
    {
        using CancellationTokenSource deafness = new(Timeout);
        await client.SendAsync(
            (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(answer, ControlJson.Default.ControlAnswer), (byte)'\n'],
            deafness.Token);
    }
}
