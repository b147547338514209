using OsoSnapshotAgent.Server;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class PrometheusCommandLineTests
{
    [Fact]
    public void Without_flags_has_the_defaults_of_Prometheus()
    {
        PrometheusCommandLine line = Parse();

        Assert.Equal("data/", line.StoragePath);
        Assert.Equal("http://127.0.0.1:9090/", line.LocalUrl("http")?.AbsoluteUri);
        Assert.False(line.AdminApiEnabled);
        Assert.False(line.IsAgent);
        Assert.Null(line.WebConfigFile);
    }

    [Fact]
    public void Takes_no_flag_from_a_process_without_arguments() =>
        Assert.Equal("data/", PrometheusCommandLine.Parse([]).StoragePath);

    [Theory]
    [InlineData("/data", "--storage.tsdb.path=/data")]
    [InlineData("/data", "--storage.tsdb.path", "/data")]
    [InlineData("/data", "--config.file", "/etc/prometheus.yml", "--storage.tsdb.path", "/data")]
    [InlineData("/a=b", "--storage.tsdb.path=/a=b")]
    [InlineData("/last", "--storage.tsdb.path=/first", "--storage.tsdb.path", "/last")]
    [InlineData("data/", "--storage.tsdb.path-x=/other")]
    [InlineData("", "--storage.tsdb.path")]
    public void Reads_a_flag_with_an_equals_sign_or_a_space_and_the_last_one_counts(string path, params string[] flags) =>
        Assert.Equal(path, Parse(flags).StoragePath);

    [Theory]
    [InlineData(true, "--web.enable-admin-api")]
    [InlineData(true, "--web.enable-admin-api=true")]
    [InlineData(false, "--web.enable-admin-api=false")]
    [InlineData(false, "--no-web.enable-admin-api")]
    [InlineData(false, "--web.enable-admin-api", "--no-web.enable-admin-api")]
    [InlineData(true, "--no-web.enable-admin-api", "--web.enable-admin-api")]
    [InlineData(false, "--web.enable-lifecycle")]
    public void Reads_the_spellings_of_a_switch(bool isOn, params string[] flags) => Assert.Equal(isOn, Parse(flags).AdminApiEnabled);

    [Theory]
    [InlineData(true, "--agent")]
    [InlineData(true, "--enable-feature=agent")]
    [InlineData(true, "--enable-feature", "exemplar-storage,agent")]
    [InlineData(true, "--enable-feature=agent", "--enable-feature=exemplar-storage")]
    [InlineData(false, "--enable-feature=agents")]
    [InlineData(false, "--no-agent")]
    [InlineData(false, "--agent=false")]
    public void Knows_agent_mode(bool isAgent, params string[] flags) => Assert.Equal(isAgent, Parse(flags).IsAgent);

    [Theory]
    [InlineData("http://127.0.0.1/", "--web.listen-address=:80")]
    [InlineData("http://127.0.0.1/", "--web.listen-address=:http")]
    [InlineData("http://127.0.0.1:9090/", "--web.listen-address=0.0.0.0:9090")]
    [InlineData("http://127.0.0.1:9090/", "--web.listen-address=[::]:9090")]
    [InlineData("http://[::1]:9091/", "--web.listen-address=[::1]:9091")]
    [InlineData("http://10.1.2.3:9092/", "--web.listen-address", "10.1.2.3:9092")]
    [InlineData("http://localhost:9093/", "--web.listen-address=localhost:9093")]
    [InlineData("http://127.0.0.1:1/", "--web.listen-address=:1", "--web.listen-address=:2")]
    public void Reaches_the_address_that_it_listens_on(string expected, params string[] flags) =>
        Assert.Equal(expected, Parse(flags).LocalUrl("http")?.AbsoluteUri);

    // The expected paths are those to which Prometheus 2.42 redirected "/" with these flags.
    [Theory]
    [InlineData("/x/prometheus/", "--web.external-url=http://host/x/prometheus/")]
    [InlineData("/x/", "--web.external-url=https://host:9090/x")]
    [InlineData("/", "--web.external-url=https://host:9090")]
    [InlineData("/x/", "--web.external-url=/x")]
    [InlineData("/x/", "--web.external-url=x")]
    [InlineData("/prom.example.com/x/", "--web.external-url=prom.example.com/x")]
    [InlineData("/", "--web.external-url=prom.example.com:9090/x")]
    [InlineData("/y/", "--web.external-url=http://host/x", "--web.route-prefix=/y")]
    [InlineData("/y/", "--web.route-prefix=y/")]
    [InlineData("/", "--web.external-url=http://host/x", "--web.route-prefix=/")]
    [InlineData("/x/", "--web.external-url=http://host/x", "--web.route-prefix=")]
    public void Answers_under_the_route_prefix_or_else_the_external_URLs_path(string expected, params string[] flags) =>
        Assert.Equal(expected, Parse(flags).LocalUrl("http")?.AbsolutePath);

    [Fact]
    public void Names_the_web_configuration() =>
        Assert.Equal("/etc/web.yml", Parse("--web.config.file=/etc/web.yml").WebConfigFile);

    private static PrometheusCommandLine Parse(params string[] flags) => PrometheusCommandLine.Parse(["/bin/prometheus", .. flags]);
}
