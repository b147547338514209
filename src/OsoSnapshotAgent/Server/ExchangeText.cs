using System.Net.Http.Headers;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Prints an exchange as <c>curl -v</c> does: scripts look for its <c>*</c>, <c>&gt;</c> and <c>&lt;</c> lines.
/// </summary>
internal static class ExchangeText
{
    public static IEnumerable<string> Lines(HttpResponseMessage response, string body, ConnectionTrace connection)
    {
        HttpRequestMessage request = response.RequestMessage!;
        Uri url = request.RequestUri!;
        yield return $"* Connected to {url.Host} ({connection.PeerAddress}) port {url.Port}";
        yield return $"> {request.Method} {url.PathAndQuery} HTTP/{request.Version}";
        yield return $"> Host: {url.Authority}";
        foreach (string line in Headers(request.Headers, request.Content?.Headers))
        {
            yield return "> " + line;
        }

        yield return ">";
        yield return $"< HTTP/{response.Version} {(int)response.StatusCode} {response.ReasonPhrase}";
        foreach (string line in Headers(response.Headers, response.Content.Headers))
        {
            yield return "< " + line;
        }

        yield return "<";
        foreach (string line in Printable.Text(body, keepsLines: true).TrimEnd('\n').Split('\n'))
        {
            yield return line;
        }
    }

    private static List<string> Headers(params ReadOnlySpan<HttpHeaders?> groups)
    {
        List<string> lines = [];
        foreach (HttpHeaders? group in groups)
        {
            foreach ((string name, HeaderStringValues values) in group?.NonValidated ?? default)
            {
                lines.Add(Printable.Text($"{name}: {(name == "Authorization" ? "***" : values.ToString())}"));
            }
        }

        return lines;
    }
}
