using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Cluster;

public sealed class PrometheusContainerTests
{
    public static TheoryData<string, bool, string> Known => new()
    {
        { "image", true, "x/prometheus:v3" },
        { "image", true, "prometheus@sha256:0" },
        { "image", false, "x/prometheus-reloader" },
        { "command", true, "/bin/prometheus" },
        { "args", true, "--storage.tsdb.path=/d" },
        { "name", true, "prom-svr" },
        { "port", true, "web" },
        { "port", true, "http" },
        { "port", false, "grpc" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void The_container_that_runs_Prometheus_is_found(string by, bool isFound, string value)
    {
        V1Container container = new() { Name = "a", Image = "x" };
        switch (by)
        {
            case "image":
                container.Image = value;
                break;
            case "command":
                container.Command = [value];
                break;
            case "args":
                container.Args = ["-x", value];
                break;
            case "name":
                container.Name = value;
                break;
            default:
                container.Ports = [new() { ContainerPort = 9090, Name = value }];
                break;
        }

        V1Pod pod = Pod(new() { Name = "b", Image = "y" }, container);

        Assert.Equal(isFound, PrometheusContainer.IsIn(pod));
        if (isFound)
        {
            Assert.Equal(new PrometheusContainer(container.Name, IsGuess: false), PrometheusContainer.Find(pod, named: null));
        }
    }

    [Fact]
    public void The_label_of_the_operator_shows_a_pod_whose_containers_show_nothing()
    {
        V1Pod pod = Pod(new V1Container { Name = "only" });
        Assert.False(PrometheusContainer.IsIn(pod));

        pod.Metadata.Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "prometheus" };

        Assert.True(PrometheusContainer.IsIn(pod));
        Assert.Equal(new PrometheusContainer("only", IsGuess: true), PrometheusContainer.Find(pod, named: null));
    }

    [Fact]
    public void Several_that_may_be_it_are_named_and_none_is_taken()
    {
        V1Pod pod = Pod(new() { Name = "a" }, new() { Name = "b" });

        OperatorException told = Assert.Throws<OperatorException>(() => PrometheusContainer.Find(pod, named: null));

        Assert.Contains("several containers that may be Prometheus: a, b", told.Message, StringComparison.Ordinal);
        Assert.Equal("b", PrometheusContainer.Find(pod, named: "b").Name);
        Assert.Contains(
            "has no container 'c'",
            Assert.Throws<OperatorException>(() => PrometheusContainer.Find(pod, named: "c")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--storage.tsdb.path=/data")]
    [InlineData("--storage.tsdb.path", "/data")]
    [InlineData("-c", "exec prometheus --storage.tsdb.path='/data' --web.enable-lifecycle")]
    public void The_flags_name_the_data_directory(params string[] arguments)
    {
        V1Pod pod = Pod(new V1Container { Name = "a", Args = arguments });

        Assert.Equal(["/data"], PrometheusContainer.Find(pod, named: null).StoragePaths(pod));
    }

    private static V1Pod Pod(params V1Container[] containers) =>
        PodCheck.Require(new() { Metadata = new() { Name = "p" }, Spec = new() { Containers = containers } }, "p");
}
