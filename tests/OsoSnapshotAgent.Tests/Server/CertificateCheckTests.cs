using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

/// <summary>Tests the reasons for which a server's certificate is refused, on certificates that openssl made.</summary>
public sealed class CertificateCheckTests : IDisposable
{
    // sign NAME ISSUER FROM TO EXTENSION…: makes NAME.pem.
    private const string Make = """
        cd "$0"
        printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nrand_serial=yes\nunique_subject=no\n[p]\ncommonName=supplied\n' >config
        : >index
        request() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $1.key -out $1.csr -subj "/CN=Test $1"; }
        sign() {
          request $1
          printf '%s\n' "${@:5}" >extensions
          openssl ca -batch -notext -config config -cert $2.pem -keyfile $2.key -in $1.csr -startdate $3 -enddate $4 -extfile extensions -out $1.pem
        }
        request root
        printf '%s\n' basicConstraints=critical,CA:true subjectKeyIdentifier=hash >extensions
        openssl x509 -req -in root.csr -signkey root.key -days 30 -extfile extensions -out root.pem
        sign between root 20250101000000Z 20990101000000Z basicConstraints=critical,CA:true subjectKeyIdentifier=hash
        sign expired root 20240101000000Z 20250820165101Z subjectAltName=IP:127.0.0.1
        sign early root 20980101000000Z 20990101000000Z subjectAltName=IP:127.0.0.1
        sign below between 20250101000000Z 20990101000000Z subjectAltName=IP:127.0.0.1
        sign elsewhere root 20250101000000Z 20990101000000Z subjectAltName=DNS:prom.example,IP:127.0.0.9
        sign right root 20250101000000Z 20990101000000Z subjectAltName=IP:127.0.0.1
        """;

    private readonly TempDirectory _directory = new();

    public CertificateCheckTests()
    {
        (int status, string _, string error) = SystemTool.Run("bash", "-ec", Make, _directory.Root);
        Assert.True(status == 0, error);
    }

    [Theory]
    [InlineData("expired", "the certificate of 'CN=Test expired' expired on 2025-08-20T16:51:01Z", "Renew the certificate")]
    [InlineData("early", "the certificate of 'CN=Test early' is not valid before 2098-01-01T00:00:00Z", "set the clock right")]
    [InlineData("below", "the chain is incomplete: the certificate of 'CN=Test between' was not sent", "append its certificate")]
    [InlineData("elsewhere", "the certificate is for another host: prom.example, 127.0.0.9", "Name a host of the certificate")]
    public async Task The_reason_is_told_with_its_remedy(string certificate, string reason, string remedy)
    {
        OperatorException failure = await RefusedAsync(certificate, new AgentSettings { CaFile = _directory.PathOf("root.pem") });

        Expect.Failure(failure, ExitStatus.PrometheusRefused, "the TLS connection failed: " + reason, remedy);
    }

    [Fact]
    public async Task Without_a_named_authority_that_of_the_certificate_is_told()
    {
        OperatorException failure = await RefusedAsync("right", new AgentSettings());

        Expect.Failure(
            failure, ExitStatus.PrometheusRefused, "the certificate of 'CN=Test root' was not sent, and no trusted authority has this name", "OSO_SNAPSHOT_CA_FILE");
    }

    [Fact]
    public async Task Of_a_self_signed_certificate_the_authority_is_told()
    {
        OperatorException failure = await RefusedAsync("root", new AgentSettings());

        Expect.Failure(failure, ExitStatus.PrometheusRefused, "the authority 'CN=Test root' is not trusted", "OSO_SNAPSHOT_CA_FILE");
    }

    [Fact]
    public async Task With_the_authority_the_right_certificate_is_trusted()
    {
        using FakeServer server = Server("right");
        using Agent agent = new(_directory, new AgentSettings { CaFile = _directory.PathOf("root.pem") });

        Assert.Equal("2.42.0", (await agent.Client.ProbeAsync(server.Url, TestContext.Current.CancellationToken)).Version);
    }

    public void Dispose() => _directory.Dispose();

    private async Task<OperatorException> RefusedAsync(string certificate, AgentSettings settings)
    {
        using FakeServer server = Server(certificate);
        using Agent agent = new(_directory, settings);
        OperatorException failure = await Assert.ThrowsAnyAsync<OperatorException>(
            () => agent.Client.ProbeAsync(server.Url, TestContext.Current.CancellationToken));
        Assert.Empty(server.Requests);
        return failure;
    }

    private FakeServer Server(string name) =>
        new(asked => FakeServer.Answer(200, "OK", asked.Path.EndsWith("flags", StringComparison.Ordinal) ? FakeServer.Flags : FakeServer.BuildInfo))
        {
            Certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(
                _directory.PathOf(name + ".pem"), _directory.PathOf(name + ".key")),
        };
}
