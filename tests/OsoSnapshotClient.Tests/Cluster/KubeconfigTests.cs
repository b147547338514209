using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Tests.Cluster;

public sealed class KubeconfigTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("oso-config-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_namespace_is_that_of_the_current_context()
    {
        string file = Put("a", "one", ("one", "oso"), ("two", "other"));

        Assert.Equal("oso", Read(["--kubeconfig", file]).Namespace);
        Assert.Equal("other", Read(["--kubeconfig", file, "--context", "two"]).Namespace);
        Assert.Null(Read(["--kubeconfig", file, "--context", "three"]).Namespace);
    }

    [Fact]
    public void Of_several_files_the_first_that_says_it_wins()
    {
        string list = string.Join(
            Path.PathSeparator, Put("a", null, ("two", "first")), Path.Combine(_directory, "missing"), Put("b", "two", ("two", "second")));

        Assert.Equal("first", Read([], list).Namespace);
    }

    [Fact]
    public void A_named_file_comes_before_the_variable() =>
        Assert.Equal("oso", Read(["--kubeconfig", Put("a", "one", ("one", "oso"))], Put("b", "two", ("two", "x"))).Namespace);

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("contexts: [{name: one, context: {namespace: ../x}}]\ncurrent-context: one")]
    [InlineData("contexts: [{}]\ncurrent-context: one")]
    public void A_file_that_says_nothing_useful_is_left_to_kubectl(string content)
    {
        string file = Path.Combine(_directory, "bad");
        File.WriteAllText(file, content);

        Assert.Equal(new Kubeconfig(null, false), Read(["--kubeconfig", file]));
    }

    [Theory]
    [InlineData("- cluster:\n    proxy-url: http://x", true)]
    [InlineData("- proxy-url: \"http://x\"", true)]
    [InlineData("- cluster:\n    proxy-url: \"\"", false)]
    [InlineData("# proxy-url: x", false)]
    public void A_proxy_of_a_cluster_is_seen(string clusters, bool hasProxy)
    {
        string file = Path.Combine(_directory, "proxy");
        File.WriteAllText(file, $"clusters:\n{clusters}\n");

        Assert.Equal(hasProxy, Read(["--kubeconfig", file]).HasProxy);
    }

    private static Kubeconfig Read(string[] flags, string? variable = null) => Kubeconfig.Read(
        new() { Flags = flags, Variable = name => name == "KUBECONFIG" ? variable : null });

    private string Put(string name, string? current, params (string Context, string Namespace)[] contexts)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllLines(file,
        [
            "apiVersion: v1", "kind: Config", .. current is null ? (string[])[] : [$"current-context: {current}"], "contexts:",
            .. contexts.Select(one => $"- {{name: {one.Context}, context: {{cluster: c, user: u, namespace: {one.Namespace}}}}}"),
        ]);
        return file;
    }
}
