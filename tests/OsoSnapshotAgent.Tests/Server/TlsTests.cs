using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class TlsTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly X509Certificate2 _authority = CreateAuthority("CN=Test authority");
    private readonly List<IDisposable> _disposables = [];

    [Fact]
    public async Task A_certificate_of_the_named_authority_is_trusted()
    {
        using FakeServer server = Server("127.0.0.1");
        using Agent agent = new(_directory, new AgentSettings { CaFile = _directory.Write("ca.pem", _authority.ExportCertificatePem()) });

        Assert.Equal("2.42.0", (await agent.Client.ProbeAsync(server.Url, TestContext.Current.CancellationToken)).Version);
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.1")]
    [InlineData("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1")]
    public async Task A_certificate_whose_extended_key_usage_allows_a_server_is_trusted(params string[] usages)
    {
        using FakeServer server = Server("127.0.0.1", usages);
        string authority = _directory.Write("ca.pem", _authority.ExportCertificatePem());
        using Agent agent = new(_directory, new AgentSettings { CaFile = authority });

        PrometheusServer found = await agent.Client.ProbeAsync(server.Url, TestContext.Current.CancellationToken);
        Assert.Equal("2.42.0", found.Version);
    }

    [Fact]
    public async Task A_certificate_only_for_clients_is_refused_even_of_the_named_authority()
    {
        using FakeServer server = Server("127.0.0.1", "1.3.6.1.5.5.7.3.2");
        string authority = _directory.Write("ca.pem", _authority.ExportCertificatePem());

        await AssertRefusedAsync(
            server,
            new AgentSettings { CaFile = authority },
            ExitStatus.PrometheusRefused,
            "the TLS connection failed: ",
            "OSO_SNAPSHOT_CA_FILE");
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task The_authority_may_lie_in_the_targets_container()
    {
        _directory.Write("root/oso-test/ca.pem", _authority.ExportCertificatePem());
        using FakeServer server = Server("127.0.0.1");
        using Agent agent = new(
            _directory,
            new AgentSettings { CaFile = "/oso-test/ca.pem" },
            target: Agent.Beside(_directory.Root, process: _directory.Root));

        Assert.Equal("2.42.0", (await agent.Client.ProbeAsync(server.Url, TestContext.Current.CancellationToken)).Version);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_is_refused()
    {
        using FakeServer server = Server("127.0.0.1");

        await AssertRefusedAsync(server, new AgentSettings(), ExitStatus.PrometheusRefused, "the TLS connection failed: ", "OSO_SNAPSHOT_CA_FILE");
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_than_the_named_one_is_refused()
    {
        using X509Certificate2 other = CreateAuthority("CN=Test authority");
        using FakeServer server = Server("127.0.0.1");

        await AssertRefusedAsync(
            server, new AgentSettings { CaFile = _directory.Write("ca.pem", other.ExportCertificatePem()) }, ExitStatus.PrometheusRefused, "the TLS connection failed: ", "OSO_SNAPSHOT_CA_FILE");
    }

    [Fact]
    public async Task A_certificate_for_another_address_is_refused_even_of_the_named_authority()
    {
        using FakeServer server = Server("127.0.0.2");

        await AssertRefusedAsync(
            server, new AgentSettings { CaFile = _directory.Write("ca.pem", _authority.ExportCertificatePem()) }, ExitStatus.PrometheusRefused, "for another host: 127.0.0.2", "OSO_SNAPSHOT_URL");
    }

    [Fact]
    public async Task Anybody_is_trusted_when_the_settings_say_so()
    {
        using FakeServer server = Server("127.0.0.2");
        using Agent agent = new(_directory, new AgentSettings { Insecure = true });

        Assert.Equal("2.42.0", (await agent.Client.ProbeAsync(server.Url, TestContext.Current.CancellationToken)).Version);
    }

    [Theory]
    [InlineData(null, "No such file or directory")]
    [InlineData("no certificate", "it holds no certificate in PEM form")]
    [InlineData("\u00e9 no certificate", "it holds no certificate in PEM form")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "can't be used: ")]
    public async Task An_authority_that_cannot_be_read_is_a_fault_of_the_settings(string? content, string reason)
    {
        string path = content is null ? _directory.PathOf("missing.pem") : _directory.Write("ca.pem", content);
        using FakeServer server = Server("127.0.0.1");

        OperatorException failure = await AssertRefusedAsync(server, new AgentSettings { CaFile = path }, ExitStatus.Settings, $"OSO_SNAPSHOT_CA_FILE: {path} can't be used: ", "Name a PEM file");

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_too_long_for_authorities_is_a_fault_of_the_settings()
    {
        string path = _directory.Write("ca.pem", _authority.ExportCertificatePem() + new string('\n', 1024 * 1024));
        using FakeServer server = Server("127.0.0.1");

        await AssertRefusedAsync(
            server,
            new AgentSettings { CaFile = path },
            ExitStatus.Settings,
            $"OSO_SNAPSHOT_CA_FILE: {path} can't be used: it has more than 1048576 bytes.",
            "Name a PEM file");
    }

    public void Dispose()
    {
        _disposables.ForEach(each => each.Dispose());
        _authority.Dispose();
        _directory.Dispose();
    }

    private static X509Certificate2 CreateAuthority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    /// <param name="usages">The object identifiers of the extended key usage, if there is one.</param>
    private FakeServer Server(string address, params string[] usages)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Test server", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        if (usages.Length > 0)
        {
            OidCollection identifiers = [.. usages.Select(usage => new Oid(usage))];
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(identifiers, critical: false));
        }

        using X509Certificate2 certificate = request.Create(_authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3]);
        X509Certificate2 withKey = certificate.CopyWithPrivateKey(key);
        _disposables.Add(withKey);
        return new FakeServer(asked => FakeServer.Answer(200, "OK", asked.Path.EndsWith("flags", StringComparison.Ordinal) ? FakeServer.Flags : FakeServer.BuildInfo)) { Certificate = withKey };
    }

    private async Task<OperatorException> AssertRefusedAsync(FakeServer server, AgentSettings settings, ExitStatus status, string problemPart, string remedyPart)
    {
        using Agent agent = new(_directory, settings);
        OperatorException failure = await Assert.ThrowsAnyAsync<OperatorException>(() => agent.Client.ProbeAsync(server.Url, TestContext.Current.CancellationToken));
        Expect.Failure(failure, status, problemPart, remedyPart);
        return failure;
    }
}
