using System.Diagnostics;
using System.Globalization;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Cluster;

/// <summary>kubectl's proxy: its start, its end, and what stands in its place.</summary>
public sealed class KubectlProxyTests
{
    private const string Version = """{"gitVersion":"v1.32.0"}""";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_request_starts_it_and_the_end_leaves_nothing()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(context, 200, Version));
        KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        Assert.False(File.Exists(Path.Combine(server.Folder, "calls")));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cluster.ServerVersionAsync(Token)));

        string call = Assert.Single(server.Calls.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        string socket = call.Split("--unix-socket=")[1].Split(' ')[0];
        Assert.EndsWith("--append-server-path --reject-paths=^$", call, StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.GetDirectoryName(socket)!) == OwnerOnly);
        await cluster.DisposeAsync();
        Assert.False(Directory.Exists(Path.GetDirectoryName(socket)));
    }

    [Fact]
    public async Task It_ends_with_the_cluster_object()
    {
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(context, 200, Version));
        server.Write("kubectl", server.Script($"echo $$ > {server.Folder}/id; exec sleep 1000"));
        KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await cluster.ServerVersionAsync(Token);
        string id = await ReadAsync(Path.Combine(server.Folder, "id"));

        await cluster.DisposeAsync();

        while (Directory.Exists($"/proc/{id}") && !IsZombie(id))
        {
            await Task.Delay(5, Token);
        }
    }

    [Fact]
    public async Task One_that_dies_is_started_again()
    {
        await using ApiServer server = await ApiServer.StartAsync(context =>
        {
            context.Response.Headers.Connection = "close";
            return ApiServer.AnswerAsync(context, 200, Version);
        });
        server.Write("kubectl", server.Script($"echo $$ > {server.Folder}/id; exec sleep 1000"));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);
        await cluster.ServerVersionAsync(Token);
        int id = int.Parse(await ReadAsync(Path.Combine(server.Folder, "id")), CultureInfo.InvariantCulture);
        using (Process proxy = Process.GetProcessById(id))
        {
            proxy.Kill();
        }

        // The system may tell of the death later than the next request asks.
        for (int left = 1000; left > 0 && Starts() < 2; left--)
        {
            Assert.Equal("v1.32.0", await cluster.ServerVersionAsync(Token));
        }

        Assert.Equal(2, Starts());
        int Starts() => server.Calls.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    [Fact]
    public async Task A_kubectl_that_is_missing_is_said_by_name()
    {
        await using KubernetesCluster cluster = KubernetesCluster.Create(
            new() { Kubectl = "/nowhere/kubectl", Variable = _ => null });

        OperatorException told = await ExplainAsync(cluster);

        Assert.StartsWith("/nowhere/kubectl can't be started: ", told.Message, StringComparison.Ordinal);
        Assert.Contains("KUBECTL", told.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""echo '{"clientVersion":{"major":"1","minor":"22+","gitVersion":"v1.22.1"}}'; exit 0""", "is v1.22.1, which is too old.")]
    [InlineData("exit 1", "does not tell its version as kubectl does.")]
    [InlineData("exec yes '{'", "does not tell its version as kubectl does.")]
    [InlineData("""echo '{"clientVersion":{"major":"1","minor":"32","gitVersion":"v1.32.1"}}'; exit 0""", "The cluster can't be reached, or the login fails: ")]
    public async Task A_proxy_that_ends_at_once_is_explained_by_its_version(string onVersion, string problem)
    {
        await using ApiServer server = await ApiServer.StartAsync(_ => Task.CompletedTask);
        server.Write("kubectl", $"#!/bin/sh\n[ \"$1\" != version ] || {{ {onVersion}; }}\necho 'Error: unknown flag' >&2; exit 1\n");
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        OperatorException told = await ExplainAsync(cluster);

        Assert.Contains(problem, told.Message, StringComparison.Ordinal);
        Assert.Contains("Error: unknown flag", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_of_kubectl_without_end_are_cut()
    {
        await using ApiServer server = await ApiServer.StartAsync(_ => Task.CompletedTask);
        server.Write("kubectl", "#!/bin/sh\n[ \"$1\" != version ] || exit 1\nyes | head -c 3000000 >&2; exit 1\n");
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        Assert.InRange((await ExplainAsync(cluster)).Message.Length, 1, 2000);
    }

    [Fact]
    public async Task A_login_that_fails_is_told_in_the_words_of_kubectl()
    {
        // This is what kubectl's proxy answers.
        await using ApiServer server = await ApiServer.StartAsync(context => ApiServer.AnswerAsync(
            context, 500, "getting credentials: exec: executable aws failed with exit code 1"));
        await using KubernetesCluster cluster = KubernetesCluster.Create(server.Options);

        OperatorException told = await ExplainAsync(cluster);

        Assert.Contains("executable aws failed", told.Message, StringComparison.Ordinal);
        Assert.Contains("log in with any kubectl command first", told.Remedy, StringComparison.Ordinal);
    }

    private static async Task<OperatorException> ExplainAsync(KubernetesCluster cluster) => ClusterErrors.Explain(
        await Assert.ThrowsAsync<ClusterException>(() => cluster.ServerVersionAsync(Token)), "It failed", new("p", string.Empty));

    private static async Task<string> ReadAsync(string path)
    {
        string text;
        while ((text = File.Exists(path) ? await File.ReadAllTextAsync(path, Token) : string.Empty).Length == 0)
        {
            await Task.Delay(5, Token);
        }

        return text.Trim();
    }

    private static bool IsZombie(string id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
