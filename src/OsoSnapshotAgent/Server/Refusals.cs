using System.Net;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>The messages for requests that failed, each with its remedy.</summary>
internal static class Refusals
{
    private const string CheckUrl =
        "Check OSO_PROMETHEUS_SERVICE_NAME and CLUSTER_NAME_PREFIX, or name the base URL with OSO_SNAPSHOT_URL.";

    private const string ServerLog = "Read Prometheus' own log: kubectl logs POD -c CONTAINER.";
    private const int MaxQuotedLetters = 300;
    private const int MaxPathLetters = 40;

    /// <param name="isPrometheusOwn">Whether the answer has the form of Prometheus' API. Otherwise a server error comes
    /// from a proxy, and Prometheus may still be at work.</param>
    public static RefusalException Explain(HttpResponseMessage response, Uri url, string error, bool isPrometheusOwn)
    {
        if (error.Contains("admin apis disabled", StringComparison.OrdinalIgnoreCase))
        {
            return AdminApiOff(url);
        }

        if ((int)response.StatusCode >= 500 && Causes.OfMessage(error) is { } cause)
        {
            return Failed(url, response, error, cause);
        }

        string brief = $"{url} answered {(int)response.StatusCode}";
        string status = $"{brief} {response.ReasonPhrase}";
        RefusalException? known = ExplainStatus(response, error, brief, status);
        return known ?? new(ExitStatus.PrometheusRefused, $"{status}: {Shortened(error)}", ServerLog)
        {
            LeavesDoubt = !isPrometheusOwn,
            Brief = brief + ".",
        };
    }

    private static RefusalException? ExplainStatus(
        HttpResponseMessage response,
        string error,
        string brief,
        string status)
    {
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed =>
                Answered(": there is no Prometheus API under this path.", CheckUrl, RefusalKind.WrongPath),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Answered(
                ": the credentials are missing or wrong.",
                "Set OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_PASSWORD_FILE, or OSO_SNAPSHOT_BEARER_TOKEN_FILE."
                + " The file may lie in Prometheus' container."),
            HttpStatusCode.BadRequest when error.Contains("HTTPS server", StringComparison.OrdinalIgnoreCase) =>
                Answered(": it speaks HTTPS.", "Name the base URL with OSO_SNAPSHOT_URL=https://…"),
            HttpStatusCode.ServiceUnavailable => Refused(
                $"{status}: {Shortened(error)}",
                "Prometheus is starting (it replays its write-ahead log) or shutting down. Try again when its pod is ready.",
                brief + ": it is not ready."),
            >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest => Refused(
                $"{status} to {response.Headers.Location}. The agent follows no redirects.",
                CheckUrl,
                brief + ", a redirect. The agent follows no redirects."),
            _ => null,
        };

        RefusalException Answered(string what, string remedy, RefusalKind kind = RefusalKind.Answered) =>
            Refused(status + what, remedy, brief + what, kind);
    }

    public static RefusalException AdminApiOff(Uri url)
    {
        string problem = $"The admin API of the Prometheus at {url} is off.";
        const string Remedy =
            "Start Prometheus with --web.enable-admin-api (in a Helm chart or custom resource: enableAdminAPI: true) and try again.";
        return Refused(problem, Remedy, problem);
    }

    /// <param name="brief">The reason without a server's own words.</param>
    public static RefusalException NotPrometheus(Uri url, string reason, string? brief = null) =>
        new(ExitStatus.PrometheusRefused, $"{url}: {reason}.", CheckUrl)
        {
            LeavesDoubt = true,
            Brief = $"{url}: {brief ?? reason}.",
        };

    /// <param name="tls">Why the TLS connection failed; null if it did not, or nobody knows.</param>
    public static RefusalException NotReached(Uri url, HttpRequestException failure, Cause? tls) => tls is null
        ? NotReached(url, failure)
        : new(
            ExitStatus.PrometheusRefused,
            $"{url}: the TLS connection failed: {tls.Means}.",
            tls.Remedy,
            failure);

    private static RefusalException NotReached(Uri url, HttpRequestException failure) => failure.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => Unreachable(
            $"{url}: the name {url.Host} can't be resolved ({failure.Message}).", CheckUrl, failure),
        HttpRequestError.ConnectionError => Unreachable(
            $"{url}: {failure.Message}.", "See whether Prometheus runs and listens there. " + CheckUrl, failure),
        HttpRequestError.SecureConnectionError => new(
            ExitStatus.PrometheusRefused,
            $"{url}: the TLS connection failed: {failure.InnerException?.Message ?? failure.Message}",
            "Name the certificate authority with OSO_SNAPSHOT_CA_FILE (it may lie in Prometheus' container), or set"
            + " OSO_SNAPSHOT_INSECURE=yes.",
            failure),
        _ => new(
            ExitStatus.PrometheusRefused,
            $"{url}: the connection broke: {failure.Message}",
            "See whether Prometheus restarted: kubectl get pod, kubectl logs POD -c CONTAINER --previous.",
            failure)
        {
            LeavesDoubt = true,
            Brief = $"{url}: the connection broke.",
        },
    };

    public static RefusalException NoAnswerToRead(Uri url, TimeSpan limit, Exception failure) => new(
        ExitStatus.PrometheusRefused,
        $"{url} did not answer within {limit.TotalSeconds:0} s.",
        "Prometheus is overloaded or another program listens there. " + CheckUrl,
        failure)
    {
        Kind = RefusalKind.NoAnswer,
    };

    public static RefusalException NoAnswerToSnapshot(Uri url, TimeSpan limit, Exception failure) => new(
        ExitStatus.PrometheusRefused,
        $"{url} did not answer within {Durations.Format(limit)}. Prometheus may still be making the snapshot: it waits"
        + " for a running compaction first.",
        "Try again later with a longer OSO_SNAPSHOT_TIMEOUT. The next run deletes what this run left under snapshots/.",
        failure)
    {
        LeavesDoubt = true,
    };

    private static RefusalException Failed(Uri url, HttpResponseMessage response, string error, Cause cause) =>
        cause == Causes.NoSpace
            ? new(
                ExitStatus.NoRoom,
                $"Prometheus has no room for the snapshot: {Shortened(error)}",
                "Free space on the volume (REMOVE=yes deletes earlier snapshots). Or leave out the in-memory head, for which"
                + " Prometheus reserves 512 MiB: --env OSO_SNAPSHOT_SKIP_HEAD=yes.")
            {
                Brief = "Prometheus has no room for the snapshot.",
            }
            : new(
                cause.Status ?? ExitStatus.PrometheusRefused,
                $"{url} answered {(int)response.StatusCode} {response.ReasonPhrase}: {cause.Means}: {Shortened(error)}",
                cause.Remedy)
            {
                Brief = $"{url} answered {(int)response.StatusCode}: {cause.Means}.",
            };

    private static RefusalException Unreachable(string problem, string remedy, Exception failure) =>
        new(ExitStatus.TargetUnreachable, problem, remedy, failure) { Kind = RefusalKind.NoAnswer };

    private static RefusalException Refused(
        string problem,
        string remedy,
        string brief,
        RefusalKind kind = RefusalKind.Answered) =>
        new(ExitStatus.PrometheusRefused, problem, remedy) { Brief = brief, Kind = kind };

    // The cause stands at the end, after paths of blocks and snapshots.
    private static string Shortened(string text)
    {
        string line = string.Join(' ', text.ReplaceLineEndings(" ").Trim().Split(' ').Select(ShortPath));
        const int Half = MaxQuotedLetters / 2;
        return line.Length > MaxQuotedLetters ? $"{line[..Half]} … {line[^Half..]}" : line;
    }

    // A path keeps its last two names, which tell the block and the file.
    private static string ShortPath(string word)
    {
        string[] names = word.Split('/');
        return names.Length > 4 && word.Length > MaxPathLetters ? $"…/{names[^2]}/{names[^1]}" : word;
    }
}
