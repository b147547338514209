using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Causes;

/// <summary>Tests a Prometheus that demands a client certificate, with certificates that openssl made.</summary>
public sealed class ClientCertificateTests : IAsyncLifetime
{
    private const string Make = """
        new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $1.key -out $1.csr -subj /CN=$1 2>/dev/null; }
        authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout $1.key -out $1.pem -subj /CN=$1 2>/dev/null; }
        authority ca; authority other-ca
        new localhost; new client; new stranger
        printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n' >server.ext
        printf 'extendedKeyUsage=clientAuth\n' >client.ext
        openssl x509 -req -in localhost.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out localhost.pem 2>/dev/null
        openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile client.ext -out client.pem 2>/dev/null
        openssl x509 -req -in stranger.csr -CA other-ca.pem -CAkey other-ca.key -CAcreateserial -days 2 -extfile client.ext -out stranger.pem 2>/dev/null
        """;

    private const string WebConfiguration =
        "tls_server_config: {cert_file: localhost.pem, key_file: localhost.key, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem}";

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-certificates-").FullName;

    public async ValueTask InitializeAsync() => (await HostCommand.RunAsync(["bash", "-ec", Make], _folder)).Succeeded();

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("2.42")]
    [InlineData("3.5")]
    public async Task A_server_that_demands_a_client_certificate_is_understood_and_gets_one(string version)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            Version = PrometheusVersion.Parse(version),
            Scheme = "https",
            ScrapesItself = false,
            Blocks = new BlockSet(),
            Flags = ["--web.config.file=/etc/prometheus/web.yml"],
            CurlArguments = ["--cacert", PathOf("ca.pem"), "--cert", PathOf("client.pem"), "--key", PathOf("client.key")],
            Files = new Dictionary<string, string>(
                Directory.GetFiles(_folder).Where(file => Path.GetExtension(file) is ".pem" or ".key")
                    .Select(file => KeyValuePair.Create("/etc/prometheus/" + Path.GetFileName(file), File.ReadAllText(file))))
            {
                ["/etc/prometheus/web.yml"] = WebConfiguration,
            },
        });

        AgentResult wanted = (await pod.RunAgentAsync(Settings())).EndedWith(4);
        Assert.Contains("the TLS connection failed: the server wants a client certificate.", wanted.Output, StringComparison.Ordinal);
        Assert.Contains("OSO_SNAPSHOT_CERT_FILE and OSO_SNAPSHOT_KEY_FILE", wanted.TerminationMessage, StringComparison.Ordinal);

        AgentResult refused = (await pod.RunAgentAsync(Settings("stranger"))).EndedWith(4);
        // The server may reset the connection before its alert is read.
        Assert.True(
            refused.Output.Contains("the server does not accept the client certificate", StringComparison.Ordinal)
            || refused.Output.Contains("the connection broke", StringComparison.Ordinal),
            refused.Output);

        AgentResult mixed = (await pod.RunAgentAsync(Settings("client", key: "stranger"))).EndedWith(2);
        Assert.Contains("/etc/prometheus/stranger.key can't be used: it is not the key of /etc/prometheus/client.pem", mixed.Output, StringComparison.Ordinal);

        (await pod.RunAgentAsync(Settings("client"))).EndedWith(0);
    }

    private static IReadOnlyDictionary<string, string> Settings(string? certificate = null, string? key = null) => Given.Variables(
    [
        ("OSO_SNAPSHOT_URL", "https://localhost:9090"),
        ("OSO_SNAPSHOT_CA_FILE", "/etc/prometheus/ca.pem"),
        .. certificate is null
            ? Array.Empty<(string, string)>()
            : [("OSO_SNAPSHOT_CERT_FILE", $"/etc/prometheus/{certificate}.pem"), ("OSO_SNAPSHOT_KEY_FILE", $"/etc/prometheus/{key ?? certificate}.key")],
    ]);

    private string PathOf(string name) => Path.Combine(_folder, name);
}
