using System.Text;
using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Server;

/// <summary>The base URLs at which Prometheus may answer.</summary>
internal static class CandidateUrls
{
    // A web configuration names a few files, and has a line for each user.
    private const int MaxWebConfigBytes = 256 * 1024;

    /// <returns>
    /// Base URLs in the order in which they are tried; empty if neither a variable nor a process names an address.
    /// Trying is safe: at a wrong path the server answers 404 and makes no snapshot.
    /// </returns>
    public static IReadOnlyList<Uri> Of(AgentSettings settings, TargetContainer target)
    {
        if (settings.Url is { } given)
        {
            return [given];
        }

        Uri? local = target.Prometheus is null ? null : target.CommandLine.LocalUrl(Scheme(target));
        string? authority = settings.ServiceName is { } service
            ? $"http://{service}/"
            : local?.GetLeftPart(UriPartial.Authority) + "/";
        List<Uri> candidates = [];
        if (settings.ServiceName is not null || local is not null)
        {
            if (settings.ClusterNamePrefix is { } prefix)
            {
                candidates.Add(new($"{authority}{prefix}/prometheus/"));
            }
            else if (settings.ServiceName is not null)
            {
                candidates.AddRange([new(authority + "prometheus/"), new(authority)]);
            }
        }

        if (local is not null)
        {
            candidates.Add(local);
        }

        return [.. candidates.Distinct()];
    }

    private static string Scheme(TargetContainer target)
    {
        byte[]? file = target.CommandLine.WebConfigFile is { } path
            ? target.Root.TryReadStart(path, MaxWebConfigBytes)
            : null;
        bool hasTls = Encoding.UTF8.GetString(file ?? []).Split('\n')
            .Any(line => line.StartsWith("tls_server_config:", StringComparison.Ordinal));
        return hasTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
    }
}
