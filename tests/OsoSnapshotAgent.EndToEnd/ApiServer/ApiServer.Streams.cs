using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

internal sealed partial class ApiServer
{
    private static readonly JsonObject Success = new() { ["metadata"] = new JsonObject(), ["status"] = "Success" };
    private static readonly TimeSpan SlowRelease = TimeSpan.FromSeconds(60);

    private readonly CopyFaults _faults = new();
    private readonly ConcurrentQueue<Export> _exports = [];
    private long _receivedBytes;

    /// <summary>Each export in the order of its start.</summary>
    public IReadOnlyCollection<Export> Exports => _exports;

    /// <summary>The bytes that clients have sent to the verb <c>receive</c>, over all connections.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    private async Task LogAsync(HttpContext context, ApiRequest asked, CancellationToken token)
    {
        string container = ContainerOf(asked, context.Request);
        if (Find(asked, container) is { HasStarted: false } waiting)
        {
            string why = waiting.WaitReason is "ErrImagePull" or "ImagePullBackOff" ? "trying and failing to pull image" : waiting.WaitReason;
            throw ApiException.BadRequest($"container \"{container}\" in pod \"{asked.Pod}\" is waiting to start: {why}");
        }

        string[] follow = ApiRequest.IsSet(context.Request, "follow") ? ["--follow"] : [];
        string[] tail = context.Request.Query["tailLines"] is [{ } lines] ? ["--tail", lines] : [];

        // One pipe keeps the order of what was written to standard output and standard error.
        using System.Diagnostics.Process logs = HostCommand.Start(
            ["sh", "-c", "exec \"$@\" 2>&1", "sh", .. Podman.Command(["logs", .. follow, .. tail, PodmanNameOf(asked, container)])]);
        try
        {
            context.Response.ContentType = "text/plain";
            await context.Response.Body.FlushAsync(token);
            byte[] buffer = new byte[64 << 10];
            int count;
            while ((count = await logs.StandardOutput.BaseStream.ReadAsync(buffer, token)) > 0)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count), token);
                await context.Response.Body.FlushAsync(token);
            }
        }
        finally
        {
            logs.Kill(entireProcessTree: true);
        }
    }

    private async Task StreamAsync(HttpContext context, ApiRequest asked, CancellationToken token)
    {
        string container = ContainerOf(asked, context.Request);
        if (!context.WebSockets.IsWebSocketRequest)
        {
            throw ApiException.BadRequest("Upgrade request required: this server has only WebSockets");
        }

        string? protocol = Settings.Subprotocols.FirstOrDefault(context.WebSockets.WebSocketRequestedProtocols.Contains)
            ?? throw ApiException.BadRequest("unable to negotiate a subprotocol");
        ApiException? refusal = await FindObstacleAsync(asked, container);
        if (refusal is not null && protocol == "v4.channel.k8s.io")
        {
            // The API server passes this protocol to the kubelet, so the refusal comes instead of the upgrade.
            throw refusal;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(protocol);
        using ChannelSocket channels = new(socket);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (refusal is not null)
        {
            channels.Receive(_ => Task.CompletedTask, (_, _) => { }, end.Cancel);
            await channels.EndAsync(refusal.Status, end.Token);
        }
        else if (asked.Subresource == "attach")
        {
            await AttachAsync(channels, context.Request, (Find(asked, container), PodmanNameOf(asked, container)), end);
        }
        else
        {
            await ExecuteAsync(channels, context.Request, PodmanNameOf(asked, container), end);
        }
    }

    private async Task<ApiException?> FindObstacleAsync(ApiRequest asked, string container)
    {
        EphemeralContainer? own = Find(asked, container);
        await (own?.SettleAsync() ?? Task.CompletedTask);
        string missing = asked.Subresource == "attach"
            ? $"container {container} not found in pod {asked.Pod}_{asked.Namespace}"
            : $"container not found (\"{container}\")";
        return own is { IsRunning: false } ? ApiException.Internal("unable to upgrade connection: " + missing) : null;
    }

    private async Task AttachAsync(
        ChannelSocket channels, HttpRequest request, (EphemeralContainer? Own, string Name) container, CancellationTokenSource end)
    {
        bool hasInput = ApiRequest.IsSet(request, "stdin");
        bool hasTerminal = ApiRequest.IsSet(request, "tty") && container.Own?.HasTerminal == true;
        string[] noInput = hasInput ? [] : ["--no-stdin"];
        using RemoteProcess process = new(hasTerminal, ["attach", "--sig-proxy=false", "--detach-keys=", .. noInput, container.Name]);

        // The end of the client's input is not the end of the container's.
        Listen(channels, process, closesInput: false, end);
        await PassAllAsync(channels, process, end.Token);
        await process.EndAsync(end.Token);
        await channels.EndAsync((JsonObject)Success.DeepClone(), end.Token);
    }

    private async Task ExecuteAsync(ChannelSocket channels, HttpRequest request, string container, CancellationTokenSource end)
    {
        string[] command = [.. request.Query["command"].Select(word => word!)];
        bool hasInput = ApiRequest.IsSet(request, "stdin");
        bool hasTerminal = ApiRequest.IsSet(request, "tty");
        if (command is [.., "oso-snapshot", "release"] or ["oso-snapshot", "release", ..] && Settings.Release is { } fault)
        {
            channels.Receive(_ => Task.CompletedTask, (_, _) => { }, end.Cancel);
            await Task.Delay(fault == "slow" ? SlowRelease : TimeSpan.Zero, end.Token);
            await Podman.RunAsync(fault == "killed" ? ["kill", container] : ["exec", container, .. command]);
            await channels.EndAsync((JsonObject)Success.DeepClone(), end.Token);
            return;
        }

        string[] options = [.. hasInput ? (string[])["--interactive"] : [], .. hasTerminal ? (string[])["--tty"] : []];
        using RemoteProcess process = new(hasTerminal, ["exec", .. options, container, .. command]);
        Listen(channels, process, closesInput: true, end, isReceive: command[^1] == "receive");
        if (!hasInput)
        {
            process.CloseInput();
        }

        if (string.Join(' ', command).Contains(Settings.FaultyCommand, StringComparison.Ordinal))
        {
            await ExportAsync(channels, process, command, end.Token);
            return;
        }

        TimeSpan limit = Settings.RunSeconds is { } seconds && command[^1] == "oso-snapshot"
            ? TimeSpan.FromSeconds(seconds)
            : Timeout.InfiniteTimeSpan;
        using CancellationTokenSource broken = new();
        await using CancellationTokenRegistration kills = broken.Token.Register(process.Kill);
        string error = await PassAllAsync(channels, process, end.Token, began: () => broken.CancelAfter(limit));
        int exitCode = await process.EndAsync(end.Token);
        JsonObject status = broken.IsCancellationRequested ? (JsonObject)Success.DeepClone() : EndOf(exitCode, error, command);
        await channels.EndAsync(status, end.Token);
    }

    private async Task ExportAsync(ChannelSocket channels, RemoteProcess process, string[] command, CancellationToken token)
    {
        int offset = Array.IndexOf(command, "--offset");
        Export export = new(offset < 0 ? 0 : long.Parse(command[offset + 1], CultureInfo.InvariantCulture));
        _exports.Enqueue(export);
        Task<string> error = PassErrorAsync(channels, process, token);
        bool? claimsSuccess = await _faults.PassAsync(process.Output, channels, export, () => Settings, token);
        if (claimsSuccess is null)
        {
            export.IsBroken = false;
            await channels.EndAsync(EndOf(await process.EndAsync(token), await error, command), token);
        }
        else if (claimsSuccess == true)
        {
            await channels.EndAsync((JsonObject)Success.DeepClone(), token);
        }
    }

    private void Listen(
        ChannelSocket channels, RemoteProcess process, bool closesInput, CancellationTokenSource end, bool isReceive = false)
    {
        long passed = 0;
        channels.Receive(
            async bytes =>
            {
                passed += bytes.Length;
                Interlocked.Add(ref _receivedBytes, isReceive ? bytes.Length : 0);
                while (isReceive && passed > Settings.HoldInputBytes)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), end.Token);
                }

                if (isReceive && passed > Settings.CutInputBytes)
                {
                    process.Kill();
                    await end.CancelAsync();
                }
                else if (!bytes.IsEmpty)
                {
                    await process.WriteAsync(bytes);
                }
                else if (closesInput)
                {
                    process.CloseInput();
                }
            },
            process.Resize,
            () =>
            {
                process.Kill();
                end.Cancel();
            });
    }

    /// <returns>The start of standard error.</returns>
    private static async Task<string> PassAllAsync(
        ChannelSocket channels, RemoteProcess process, CancellationToken token, Action? began = null)
    {
        Task<string> error = PassErrorAsync(channels, process, token);
        try
        {
            await channels.SendAsync(ChannelSocket.Output, process.Output, token, began);
        }
        catch (IOException)
        {
            // A terminal whose other side was closed has no end, but an error.
        }

        return await error;
    }

    private static async Task<string> PassErrorAsync(ChannelSocket channels, RemoteProcess process, CancellationToken token)
    {
        StringBuilder start = new();
        byte[] frame = new byte[4097];
        int count;
        while (process.Error is { } error && (count = await error.ReadAsync(frame.AsMemory(1), token)) > 0)
        {
            string text = Encoding.UTF8.GetString(frame, 1, count);
            start.Append(text);

            // podman's own remarks are no output of the command.
            if (!IsPodmans(text))
            {
                await channels.SendAsync(ChannelSocket.Error, frame, count, token);
            }
        }

        return start.ToString();
    }

    private static bool IsPodmans(string text) => text.StartsWith("Error: ", StringComparison.Ordinal)
        && (text.Contains("OCI runtime", StringComparison.Ordinal) || text.Contains("container", StringComparison.Ordinal));

    private static JsonObject EndOf(int exitCode, string error, string[] command) => exitCode switch
    {
        0 => (JsonObject)Success.DeepClone(),
        126 or 127 when IsPodmans(error) => ApiException.Internal(
            $"error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed:"
            + $" exec failed: unable to start container process: exec: \"{command[0]}\": executable file not found in $PATH: unknown").Status,
        _ => ApiException.NonZero(exitCode),
    };

    private string ContainerOf(ApiRequest asked, HttpRequest request)
    {
        string name = request.Query["container"].ToString();
        ServedPod pod = PodOf(asked);
        return pod.ContainerNames.Contains(name) || Find(asked, name) is not null
            ? name
            : throw ApiException.BadRequest(name.Length > 0
                ? $"container {name} is not valid for pod {pod.Name}"
                : $"a container name must be specified for pod {pod.Name}, choose one of: [{string.Join(' ', pod.ContainerNames)}]");
    }

    private EphemeralContainer? Find(ApiRequest asked, string container) =>
        PodOf(asked).Containers.FirstOrDefault(one => one.Name == container);

    private string PodmanNameOf(ApiRequest asked, string container) =>
        Find(asked, container)?.PodmanName ?? PodOf(asked).Container;
}
