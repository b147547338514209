using System.Net.Http.Headers;
using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Makes the client when the target is known, since credentials and authorities may lie in its container.
/// </summary>
internal sealed class PrometheusConnector(AgentSettings settings, Transcript transcript, TimeProvider time)
{
    private const string Name = "prometheus";

    /// <returns>A client that has not connected yet. It has one connection, no proxy and no redirects.</returns>
    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>: a file that a setting names can't be
    /// used.</exception>
    public PrometheusClient Connect(TargetContainer target)
    {
        AuthenticationHeaderValue? credentials = Credentials.Read(settings, target);
        SslStreamCertificateContext? shown = ClientCertificate.Read(settings, target);
        CertificateCheck check = new(Authorities(target), settings.Insecure, showsCertificate: shown is not null);
        ConnectionTrace trace = new();
        ServiceCollection handlers = new();
        IHttpClientBuilder builder = handlers.AddHttpClient(Name)
            .RemoveAllLoggers()
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => Connection(trace, check, shown));
        builder.AddResilienceHandler(
            Name,
            pipeline => ApiResilience.Configure(pipeline, settings.RequestTimeout, transcript, time));
        ServiceProvider services = handlers.BuildServiceProvider();
        HttpClient http = services.GetRequiredService<IHttpClientFactory>().CreateClient(Name);
        http.Timeout = Timeout.InfiniteTimeSpan;
        http.DefaultRequestHeaders.Authorization = credentials;
        http.DefaultRequestHeaders.UserAgent.ParseAdd($"oso-snapshot/{ProductVersion.Text}");
        http.DefaultRequestHeaders.Accept.ParseAdd("*/*");
        ApiConnection connection = new(http, services, settings.RequestTimeout, check, time);
        return new(connection, trace, transcript, settings.SkipHead);
    }

    private static SocketsHttpHandler Connection(
        ConnectionTrace trace,
        CertificateCheck check,
        SslStreamCertificateContext? shown) => new()
    {
        // A proxy in the environment is the cluster's; it must not see a request within the pod.
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,

        // A Service picks a pod for each connection. The snapshot request must reach the server that was checked.
        MaxConnectionsPerServer = 1,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
        MaxResponseHeadersLength = 64,
        ConnectCallback = trace.ConnectAsync,
        SslOptions =
        {
            RemoteCertificateValidationCallback = check.Accept,
            ClientCertificateContext = shown,
        },
    };

    /// <returns>null to trust the system's own authorities.</returns>
    private TrustedAuthorities? Authorities(TargetContainer target) => settings.CaFile is { } path
        ? new(new SettingFile(
            target,
            "OSO_SNAPSHOT_CA_FILE",
            path,
            "Name a PEM file that the agent can read, in its own container or in Prometheus'."))
        : null;
}
