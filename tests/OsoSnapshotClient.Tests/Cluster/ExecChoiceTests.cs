using Microsoft.AspNetCore.Http;
using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Tests.Cluster;

/// <summary>The two ways to a command. The script in place of kubectl runs it here.</summary>
public sealed class ExecChoiceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_may_only_create_an_exec_gets_the_one_of_kubectl()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => RefuseAsync(context, mayCreate: true));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        Assert.Equal(new RemoteEnd(7, string.Empty), await RunAsync(cluster, "exit 7"));
        Assert.Equal(new RemoteEnd(0, string.Empty), await RunAsync(cluster, "exit 0"));

        Assert.Single(server.Requests, request => request.Contains("/exec", StringComparison.Ordinal));
        Assert.Contains("exec -i -n oso -c agent prom-0 -- sh -c exit 7", server.Calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_create_an_exec_is_told_of_that_right()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => RefuseAsync(context, mayCreate: false));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        ClusterException told = await Assert.ThrowsAsync<ClusterException>(() => RunAsync(cluster, "exit 0"));

        Assert.Equal(new("create", "pods", "exec"), told.MissingRight);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upgrade_that_does_not_get_through_is_left_to_kubectl_if_the_server_answers_otherwise(bool answers)
    {
        // This is what kubectl's proxy says where it can't dial.
        await using ApiServer server = await ApiServer.StartAsync(context => context.WebSockets.IsWebSocketRequest
            ? ApiServer.AnswerAsync(context, 500, "error dialing backend: connection refused")
            : ApiServer.AnswerAsync(context, 200, """{"gitVersion":"v1.32.0"}"""));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        if (answers)
        {
            Assert.Equal("v1.32.0", await cluster.ServerVersionAsync(Token));

            Assert.Equal(3, (await RunAsync(cluster, "exit 3")).ExitCode);
        }
        else
        {
            ClusterException told = await Assert.ThrowsAsync<ClusterException>(() => RunAsync(cluster, "exit 3"));
            Assert.True(told.IsKubectls);
        }
    }

    [Theory]
    [InlineData(404, "NotFound")]
    [InlineData(500, "InternalError")]
    public async Task A_refusal_of_the_API_server_is_passed_on(int code, string reason)
    {
        await using ApiServer server = await ApiServer.StartAsync(context => context.WebSockets.IsWebSocketRequest
            ? ApiServer.AnswerAsync(context, code, $$"""{"kind":"Status","status":"Failure","reason":"{{reason}}","message":"no","code":{{code}}}""")
            : ApiServer.AnswerAsync(context, 200, """{"gitVersion":"v1.32.0"}"""));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await cluster.ServerVersionAsync(Token);

        ClusterException told = await Assert.ThrowsAsync<ClusterException>(() => RunAsync(cluster, "exit 0"));

        Assert.Equal((code, reason, "no"), (told.Code, told.Reason, told.Message));
    }

    [Theory]
    [InlineData("HTTPS_PROXY", "")]
    [InlineData("", "clusters: [{name: c, cluster: {server: 'https://x'}}]\n#\n    proxy-url: socks5://y\n")]
    public async Task Behind_a_proxy_kubectl_runs_the_commands(string variable, string kubeconfig)
    {
        await using ApiServer server = await ApiServer.StartAsync(_ => throw new InvalidOperationException());
        server.Write("none", kubeconfig.Replace("#\n    ", "contexts: []\n", StringComparison.Ordinal));
        await using KubernetesCluster cluster = KubernetesCluster.Create(
            server.Options with { Variable = name => name == variable ? "http://proxy" : null });

        Assert.Equal(9, (await RunAsync(cluster, "exit 9")).ExitCode);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task The_way_that_is_named_is_the_only_one()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => RefuseAsync(context, mayCreate: true));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options with { Way = ExecWay.WebSocket });

        Assert.Equal(403, (await Assert.ThrowsAsync<ClusterException>(() => RunAsync(cluster, "exit 0"))).Code);
    }

    [Fact]
    public async Task A_failure_of_kubectl_itself_is_no_exit_status_of_the_command()
    {
        await using ApiServer server = await ApiServer.StartAsync(_ => throw new InvalidOperationException());
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options with { Way = ExecWay.Kubectl });

        Assert.Equal(
            new RemoteEnd(null, "error: unable to upgrade connection"),
            await RunAsync(cluster, "echo 'error: unable to upgrade connection' >&2; exit 1"));
        Assert.Equal(
            new RemoteEnd(1, string.Empty),
            await RunAsync(cluster, "echo 'command terminated with exit code 1' >&2; exit 1"));
    }

    [Fact]
    public async Task Input_and_output_pass_through_kubectl()
    {
        await using ApiServer server = await ApiServer.StartAsync(_ => throw new InvalidOperationException());
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options with { Way = ExecWay.Kubectl });
        await using IRemoteProcess process = await cluster.ExecIn(ApiServer.Pod).StartAsync(
            "agent", ["sh", "-c", "read line; echo \"$line\"; echo error >&2"], Token);

        await process.Input.WriteAsync("hello\n"u8.ToArray(), Token);
        await process.Input.FlushAsync(Token);

        using StreamReader output = new(process.Output);
        using StreamReader error = new(process.Error);
        Assert.Equal(("hello\n", "error\n"), (await output.ReadToEndAsync(Token), await error.ReadToEndAsync(Token)));
        Assert.Equal(new RemoteEnd(0, string.Empty), await process.Ended);
    }

    private static async Task<RemoteEnd> RunAsync(KubernetesCluster cluster, string script)
    {
        await using IRemoteProcess process = await cluster.ExecIn(ApiServer.Pod).StartAsync("agent", ["sh", "-c", script], Token);
        return await process.Ended;
    }

    // The API server refuses each upgrade, and tells what the user may.
    private static async Task RefuseAsync(HttpContext context, bool mayCreate)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            await ApiServer.AnswerAsync(
                context, 403, """{"kind":"Status","status":"Failure","reason":"Forbidden","message":"no","code":403}""");
            return;
        }

        using StreamReader body = new(context.Request.Body);
        bool isCreate = (await body.ReadToEndAsync()).Contains("\"create\"", StringComparison.Ordinal);
        string allowed = isCreate && mayCreate ? "true" : "false";
        await ApiServer.AnswerAsync(context, 201, $$$"""{"spec":{},"status":{"allowed":{{{allowed}}}}}""");
    }
}
