using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Kubectl;

public sealed class PrometheusContainerTests
{
    [Theory]
    [InlineData("""[{"name": "a", "image": "x/prometheus:v3"}, {"name": "b", "image": "x/sidecar"}]""", "a")]
    [InlineData("""[{"name": "a", "image": "prometheus@sha256:0"}, {"name": "b", "image": "x/prometheus-reloader"}]""", "a")]
    [InlineData("""[{"name": "a", "image": "x"}, {"name": "b", "image": "y", "command": ["/bin/prometheus"]}]""", "b")]
    [InlineData("""[{"name": "a", "image": "x"}, {"name": "b", "image": "y", "args": ["--storage.tsdb.path=/d"]}]""", "b")]
    [InlineData("""[{"name": "a", "image": "x"}, {"name": "prom-svr", "image": "y"}]""", "prom-svr")]
    [InlineData("""[{"name": "only", "image": "x"}]""", "only")]
    public void The_container_that_runs_Prometheus_is_found(string containers, string target) =>
        Assert.Equal(target, PrometheusContainer.Find(Pod(containers), named: null).Name);

    [Fact]
    public void Several_that_may_be_it_are_named_and_none_is_taken()
    {
        Pod pod = Pod("""[{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]""");

        OperatorException told = Assert.Throws<OperatorException>(() => PrometheusContainer.Find(pod, named: null));

        Assert.Contains("several containers that may be Prometheus: a, b", told.Message, StringComparison.Ordinal);
        Assert.Equal("b", PrometheusContainer.Find(pod, named: "b").Name);
    }

    [Theory]
    [InlineData("""["--storage.tsdb.path=/data"]""")]
    [InlineData("""["--storage.tsdb.path", "/data"]""")]
    [InlineData("""["-c", "exec prometheus --storage.tsdb.path='/data' --web.enable-lifecycle"]""")]
    public void The_flags_name_the_data_directory(string arguments)
    {
        Pod pod = Pod($$"""[{"name": "a", "image": "x", "args": {{arguments}}}]""");

        Assert.Equal(["/data"], PrometheusContainer.Find(pod, named: null).StoragePaths(pod));
    }

    private static Pod Pod(string containers) => OsoSnapshotClient.Kubectl.Pod.Parse(
        $$$"""{"metadata": {"name": "p"}, "spec": {"containers": {{{containers}}}}, "status": {}}""");
}
