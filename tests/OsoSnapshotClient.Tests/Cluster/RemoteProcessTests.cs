using System.Net.WebSockets;
using System.Text;
using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Tests.Cluster;

/// <summary>A command over a WebSocket, with what old and new API servers send.</summary>
public sealed class RemoteProcessTests
{
    private const string Success = """{"kind":"Status","status":"Success"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("v4.channel.k8s.io")]
    [InlineData("v5.channel.k8s.io")]
    public async Task Both_outputs_and_the_input_arrive_whole(string protocol)
    {
        await using ApiServer server = await ApiServer.StartExecAsync(protocol, async socket =>
        {
            // The API server begins with an empty message.
            await ApiServer.SendAsync(socket, 1, string.Empty);
            byte[] buffer = new byte[100];
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, Token);
            await ApiServer.SendAsync(socket, 1, "out " + Encoding.UTF8.GetString(buffer, 1, received.Count - 1));
            await ApiServer.SendAsync(socket, 2, "error");
            await ApiServer.SendAsync(socket, 1, buffer[0] == 0 ? " end" : " wrong channel");
            await ApiServer.SendAsync(socket, 3, Success);
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await using IRemoteProcess process = await StartAsync(cluster);

        await process.Input.WriteAsync(Encoding.UTF8.GetBytes("hello"), Token);

        Assert.Equal("out hello end", await TextAsync(process.Output));
        Assert.Equal("error", await TextAsync(process.Error));
        Assert.Equal(new RemoteEnd(0, string.Empty), await process.Ended);
    }

    [Fact]
    public async Task The_command_and_the_container_reach_the_server_as_they_are()
    {
        await using ApiServer server = await ApiServer.StartExecAsync(
            "v5.channel.k8s.io", socket => ApiServer.SendAsync(socket, 3, Success));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        await using IRemoteProcess process = await cluster.ExecIn(ApiServer.Pod).StartAsync("agent", ["sh", "a&b=c d"], Token);

        Assert.Equal(
            [$"GET {ApiServer.ExecPath}?stdin=true&stdout=true&stderr=true&command=sh&command=a%26b%3Dc%20d&container=agent"],
            server.Requests);
    }

    [Theory]
    [InlineData("""{"kind":"Status","status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"42"}]}}""", 42, false)]
    [InlineData("""{"kind":"Status","status":"Failure","reason":"InternalError","message":"container not found","code":500}""", null, true)]
    [InlineData("""{"kind":"Status","status":"Failure","details":{"causes":[null,{"reason":"ExitCode","message":"x"}]}}""", null, true)]
    [InlineData("null", null, false)]
    [InlineData("{", null, false)]
    public async Task The_last_message_tells_how_the_command_ended(string status, int? exitCode, bool isRefusal)
    {
        await using ApiServer server = await ApiServer.StartExecAsync(
            "v4.channel.k8s.io", socket => ApiServer.SendAsync(socket, 3, status));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await using IRemoteProcess process = await StartAsync(cluster);

        RemoteEnd end = await process.Ended;

        Assert.Equal(exitCode, end.ExitCode);
        Assert.Equal(isRefusal, end.Refusal is not null);
        Assert.Equal(exitCode is null, end.Problem.Length > 0 || end.Refusal is not null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_breaks_is_no_end_of_the_command(bool isClosed)
    {
        await using ApiServer server = await ApiServer.StartExecAsync("v4.channel.k8s.io", async socket =>
        {
            await ApiServer.SendAsync(socket, 1, "half");

            // The client has its connection once it says something.
            await socket.ReceiveAsync(new byte[10], Token);
            if (isClosed)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
            }
            else
            {
                socket.Abort();
            }
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await using IRemoteProcess process = await StartAsync(cluster);

        await process.Input.WriteAsync(new byte[1], Token);
        string text = await TextAsync(process.Output);
        RemoteEnd end = await process.Ended;

        Assert.StartsWith(text, "half", StringComparison.Ordinal);
        Assert.Null(end.ExitCode);
        Assert.NotEmpty(end.Problem);
    }

    [Fact]
    public async Task A_report_of_the_end_without_end_is_not_kept()
    {
        await using ApiServer server = await ApiServer.StartExecAsync("v4.channel.k8s.io", async socket =>
        {
            byte[] message = new byte[100_000];
            message[0] = 3;
            await ApiServer.SendAsync(socket, message);
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await using IRemoteProcess process = await StartAsync(cluster);

        Assert.Contains("too long", (await process.Ended).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_nobody_reads_stops_the_server_and_takes_no_memory()
    {
        const long All = 1 << 30;
        long sent = 0;
        await using ApiServer server = await ApiServer.StartExecAsync("v5.channel.k8s.io", async socket =>
        {
            byte[] message = new byte[32 << 10];
            message[0] = 1;
            while (Interlocked.Read(ref sent) < All)
            {
                await ApiServer.SendAsync(socket, message);
                Interlocked.Add(ref sent, message.Length);
            }
        });
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        IRemoteProcess process = await StartAsync(cluster);
        await process.Output.ReadExactlyAsync(new byte[1000], Token);

        long before;
        do
        {
            before = Interlocked.Read(ref sent);
            await Task.Delay(100, Token);
        }
        while (before != Interlocked.Read(ref sent));

        Assert.InRange(before, 0, 64 << 20);
        Interlocked.Add(ref sent, All);
        await process.DisposeAsync();
        Assert.Null((await process.Ended).ExitCode);
    }

    [Fact]
    public async Task A_kill_ends_a_command_that_says_nothing()
    {
        await using ApiServer server = await ApiServer.StartExecAsync(
            "v5.channel.k8s.io", socket => socket.ReceiveAsync(new byte[10], Token));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await using IRemoteProcess process = await StartAsync(cluster);

        process.Kill();
        process.Kill();

        Assert.Null((await process.Ended).ExitCode);
        await Assert.ThrowsAsync<IOException>(async () => await process.Input.WriteAsync(new byte[1], Token));
    }

    [Fact]
    public async Task A_server_with_another_protocol_is_refused()
    {
        await using ApiServer server = await ApiServer.StartExecAsync(null!, socket => socket.ReceiveAsync(new byte[10], Token));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        await Assert.ThrowsAsync<ClusterException>(() => StartAsync(cluster));
    }

    private static Task<IRemoteProcess> StartAsync(KubernetesCluster cluster) =>
        cluster.ExecIn(ApiServer.Pod).StartAsync("agent", ["true"], Token);

    private static async Task<string> TextAsync(Stream stream)
    {
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(Token);
    }
}
