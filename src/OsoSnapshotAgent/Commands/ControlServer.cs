using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Steps;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Commands;

/// <summary>Answers the verbs of the same container while the procedure runs: a line in, a JSON object out.</summary>
internal sealed class ControlServer(SnapshotRun run) : IDisposable
{
    public const string Status = "status";
    public const string Release = "release";
    public const string Remove = "remove";

    private readonly CancellationTokenSource _stop = new();
    private Socket? _listener;
    private Task _serving = Task.CompletedTask;

    /// <summary>With a client that says or hears nothing: it must not keep others waiting.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

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
        catch (SocketException)
        {
            // A second agent in this container, or a system without Unix sockets: the procedure doesn't need the verbs.
        }
    }

    public void Dispose()
    {
        // An answer on its way is sent first.
        _stop.Cancel();
        ((IAsyncResult)_serving).AsyncWaitHandle.WaitOne(Patience);
        _listener?.Dispose();
        _stop.Dispose();
    }

    internal ControlAnswer Obey(string request) => request switch
    {
        Status => new() { Run = run.Describe() },
        Release or Remove when !run.IsHolding => Refuse($"The agent is not waiting for the copy; it is at {run.Describe().Phase}.", "Ask again when oso-snapshot status says hold-for-copy."),
        Release => End([]),
        Remove => RemoveArtefacts(run.Target.Data),
        _ => Refuse($"The request '{request}' is unknown to oso-snapshot {ProductVersion.Text}.", "Use the program of the same image."),
    };

    private static ControlAnswer Refuse(string problem, string remedy) => new() { ExitStatus = (int)ExitStatus.Busy, Problem = problem, Remedy = remedy };

    private ControlAnswer RemoveArtefacts(DataDirectory data)
    {
        using FileLock? taken = FileLock.TryTake(data.PathSeenByAgent, isShared: false);
        if (taken is null)
        {
            return Refuse($"Another run is at work on {data.PathSeenByAgent}.", "Wait until it has ended.");
        }

        try
        {
            return End(data.DeleteArtefacts());
        }
        catch (AgentException e)
        {
            return new() { ExitStatus = (int)e.Status, Problem = e.Message, Remedy = e.Remedy };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new() { ExitStatus = (int)ExitStatus.ArchiveFailed, Problem = $"Not everything could be removed: {e.Message}", Remedy = "See whether the volume is read-only or failing, and ask again." };
        }
    }

    private ControlAnswer End(IReadOnlyList<string> removed)
    {
        run.IsReleased = true;
        return new() { Run = run.Describe(), Removed = removed };
    }

    private async Task ServeAsync(Socket listener)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using Socket client = await listener.AcceptAsync(_stop.Token);
                if (ControlSocket.IsPeerOurUser(client))
                {
                    await AnswerAsync(client);
                }
            }
            catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or OperationCanceledException)
            {
                // One client less; the next is served.
            }
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        using CancellationTokenSource silence = new(Patience);
        byte[] buffer = new byte[64];
        int count = await client.ReceiveAsync(buffer, silence.Token);

        // To remove a large snapshot takes its time.
        ControlAnswer answer = Obey(Encoding.UTF8.GetString(buffer, 0, count).TrimEnd('\n'));
        using CancellationTokenSource deafness = new(Patience);
        await client.SendAsync(JsonSerializer.SerializeToUtf8Bytes(answer, ControlJson.Default.ControlAnswer), deafness.Token);
    }
}
