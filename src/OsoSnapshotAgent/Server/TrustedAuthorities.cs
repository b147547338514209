using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>The certificate authorities of OSO_SNAPSHOT_CA_FILE, or of a client. They replace the system's.</summary>
internal sealed class TrustedAuthorities
{
    // id-kp-serverAuth: RFC 5280, section 4.2.1.12. A certificate without any extended key usage passes too.
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // A bundle of all public authorities has some 220 KiB.
    private const int MaxBytes = 1024 * 1024;

    private readonly X509Certificate2Collection _certificates = [];

    /// <param name="file">Certificates in PEM form.</param>
    /// <exception cref="OperatorException">The file can't be read, or holds no certificate.</exception>
    public TrustedAuthorities(SettingFile file)
    {
        try
        {
            // PEM is ASCII, but the text around it may have any encoding.
            Import(Encoding.Latin1.GetString(file.Read(MaxBytes)));
        }
        catch (CryptographicException e)
        {
            throw file.Unusable(e.Message, e);
        }
    }

    /// <param name="pem">Certificates in PEM form.</param>
    /// <exception cref="CryptographicException">The text holds no certificate.</exception>
    public TrustedAuthorities(string pem) => Import(pem);

    /// <param name="pem">What a client sends; null for the system's authorities.</param>
    /// <exception cref="OperatorException">The text holds no certificate.</exception>
    public static TrustedAuthorities? OfClient(string? pem)
    {
        try
        {
            return pem is null ? null : new(pem);
        }
        catch (CryptographicException e)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"The certificate authorities of the request can't be used: {e.Message}",
                "Use a client of the same version.",
                e);
        }
    }

    /// <returns>A chain that trusts these authorities alone, and knows the certificates that the server sent.</returns>
    public X509Chain Chain(X509Chain? presented)
    {
        X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_certificates);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (X509ChainElement element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain;
    }

    private void Import(string pem)
    {
        _certificates.ImportFromPem(pem);
        if (_certificates.Count == 0)
        {
            throw new CryptographicException("it holds no certificate in PEM form");
        }
    }
}
