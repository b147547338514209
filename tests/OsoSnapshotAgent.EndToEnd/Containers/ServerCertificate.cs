using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>A certificate that signs itself, and its key, as Prometheus' web.config.file names them: in PEM.</summary>
internal sealed record ServerCertificate(string Certificate, string Key)
{
    public static ServerCertificate Make(string hostName)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=" + hostName, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(hostName);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        return new(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
