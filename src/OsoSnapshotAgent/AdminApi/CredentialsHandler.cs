using System.Net.Http.Headers;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>Adds the Authorization header to each request.</summary>
/// <param name="authorization">null if the server wants none.</param>
internal sealed class CredentialsHandler(AuthenticationHeaderValue? authorization) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        request.Headers.Authorization = authorization;
        return base.SendAsync(request, cancellationToken);
    }
}
