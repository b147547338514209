using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>The innermost HTTP handler: one connection, no proxy, no redirect, and the trust that the settings ask for.</summary>
internal static class HttpHandlers
{
    // id-kp-serverAuth: RFC 5280, section 4.2.1.12. A certificate without any extended key usage passes too.
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // A bundle of all public authorities has some 220 KiB.
    private const int MaxAuthorityBytes = 1024 * 1024;

    public static SocketsHttpHandler Create(AgentSettings settings, SnapshotRun run, ConnectionTrace trace) => new()
    {
        // A proxy of the cluster's environment must not get between us and the pod beside us.
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,

        // A Service picks a pod for each connection: what the preflight saw, the request must reach.
        MaxConnectionsPerServer = 1,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
        MaxResponseHeadersLength = 64,
        ConnectCallback = trace.ConnectAsync,
        SslOptions = { RemoteCertificateValidationCallback = Validation(settings, run) },
    };

    private static RemoteCertificateValidationCallback? Validation(AgentSettings settings, SnapshotRun run)
    {
        if (settings.Insecure)
        {
#pragma warning disable CA5359 // OSO_SNAPSHOT_INSECURE=yes asks for exactly this; the transcript warns of it.
            return (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        if (settings.CaFile is null)
        {
            return null;
        }

        // The file may lie in the target container, which is not known yet when this handler is made.
        Lazy<X509Certificate2Collection> authorities = new(() => Load(new SettingFile(
            run.Target,
            "OSO_SNAPSHOT_CA_FILE",
            settings.CaFile,
            "Name a PEM file that the agent can read, in its own container or in Prometheus'.")));
        return (_, certificate, presented, errors) =>
        {
            if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            {
                return false;
            }

            using X509Chain chain = new();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities.Value);
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            foreach (X509ChainElement element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }

            return chain.Build((X509Certificate2)certificate);
        };
    }

    private static X509Certificate2Collection Load(SettingFile file)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            // PEM is ASCII; the text around it may be of any encoding.
            certificates.ImportFromPem(Encoding.Latin1.GetString(file.Read(MaxAuthorityBytes)));
        }
        catch (CryptographicException e)
        {
            throw file.Unusable(e.Message, e);
        }

        return certificates.Count > 0 ? certificates : throw file.Unusable("it holds no certificate in PEM form");
    }
}
