using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OsoSnapshotClient.Store;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

public sealed class S3AuthoritiesTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void The_certificates_of_a_file_are_trusted_and_nothing_else_of_it_is_sent()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = new CertificateRequest("CN=Store", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(_file, $"# ours\n{made.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");

        S3Authorities authorities = S3Authorities.Read(_file);

        Assert.Equal(made.ExportCertificatePem(), authorities.Pem.Trim());
        Assert.Equal(made.Thumbprint, Assert.Single(authorities.Policy().CustomTrustStore).Thumbprint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void A_file_without_a_certificate_is_refused(string content)
    {
        File.WriteAllText(_file, content);

        Assert.Equal(ExitStatus.Settings, Assert.Throws<OperatorException>(() => S3Authorities.Read(_file)).Status);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() => Assert.Contains(
        "/none.pem", Assert.Throws<OperatorException>(() => S3Authorities.Read("/none.pem")).Message, StringComparison.Ordinal);

    public void Dispose() => File.Delete(_file);
}
