using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>The certificate that the agent shows to a server that demands one. Its key is never printed.</summary>
internal static class ClientCertificate
{
    private const int MaxBytes = 256 * 1024;
    private const string Remedy =
        "Name PEM files that the agent can read, in its own container or in Prometheus': the certificate (then its intermediate"
        + " authorities, if any) and its key without a passphrase.";

    /// <returns>null if the settings name none.</returns>
    /// <exception cref="OperatorException">A file can't be read, or they don't belong together.</exception>
    public static SslStreamCertificateContext? Read(AgentSettings settings, TargetContainer target)
    {
        if (settings is not { CertificateFile: { } certificatePath, KeyFile: { } keyPath })
        {
            return null;
        }

        SettingFile certificateFile = new(target, "OSO_SNAPSHOT_CERT_FILE", certificatePath, Remedy);
        SettingFile keyFile = new(target, "OSO_SNAPSHOT_KEY_FILE", keyPath, Remedy);
        string certificates = Pem(certificateFile);
        string key = Pem(keyFile);
        X509Certificate2Collection sent = [];
        try
        {
            sent.ImportFromPem(certificates);
        }
        catch (CryptographicException e)
        {
            throw certificateFile.Unusable(e.Message, e);
        }

        if (sent.Count == 0)
        {
            throw certificateFile.Unusable("it holds no certificate in PEM form");
        }

        try
        {
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPem(certificates, key), sent, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw keyFile.Unusable($"it is not the key of {certificatePath} ({e.Message})", e);
        }
    }

    // PEM is ASCII, but the text around it may have any encoding.
    private static string Pem(SettingFile file) => Encoding.Latin1.GetString(file.Read(MaxBytes));
}
