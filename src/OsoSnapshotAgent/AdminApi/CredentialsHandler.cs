using System.Net.Http.Headers;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>Adds the Authorization header to each request; reads its secret once.</summary>
internal sealed class CredentialsHandler(AgentSettings settings, SnapshotRun run) : DelegatingHandler
{
    private AuthenticationHeaderValue? _authorization;
    private bool _isRead;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!_isRead)
        {
            _authorization = Credentials.Read(settings, run.Target);
            _isRead = true;
        }

        request.Headers.Authorization = _authorization;
        return base.SendAsync(request, cancellationToken);
    }
}
