using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>The certificate authorities of a bucket's server, which replace those of the system.</summary>
internal sealed class S3Authorities
{
    // A bundle of all public authorities has some 220 KiB.
    private const int MaxBytes = 512 * 1024;

    private readonly X509Certificate2Collection _certificates = [];

    private S3Authorities(string pem)
    {
        _certificates.ImportFromPem(pem);
        Pem = _certificates.ExportCertificatePems();
    }

    /// <summary>The certificates alone, without what else the file holds.</summary>
    public string Pem { get; }

    /// <summary>Trusts these authorities and no others.</summary>
    public X509ChainPolicy Policy()
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(_certificates);
        return policy;
    }

    /// <exception cref="OperatorException">The file can't be read, or holds no certificate in PEM form.</exception>
    public static S3Authorities Read(string path)
    {
        try
        {
            using FileStream file = RegularFile.Open(path);
            S3Authorities read = new(Encoding.Latin1.GetString(RegularFile.ReadStart(file, MaxBytes)));
            return read._certificates.Count > 0
                ? read
                : throw new CryptographicException("it holds no certificate in PEM form");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"The certificate authorities in {Printable.Short(path)} can't be used: {e.Message.TrimEnd('.')}.",
                "name a PEM file with --s3-ca-file or AWS_CA_BUNDLE",
                e);
        }
    }
}
