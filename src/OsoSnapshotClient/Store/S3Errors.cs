using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Says what a failed request to a bucket means, and what to do.</summary>
internal static class S3Errors
{
    // The SDK names each place in which it has looked for credentials.
    private const int MaxLetters = 800;

    /// <summary>Whether a request has failed because of the store, not of this program.</summary>
    public static bool IsOne(Exception e) => e is AmazonClientException or AmazonServiceException
        or HttpRequestException or IOException or TimeoutException or TaskCanceledException;

    public static bool IsMissing(AmazonS3Exception e) =>
        e.ErrorCode != "NoSuchBucket" && e.StatusCode == HttpStatusCode.NotFound;

    /// <summary>Whether another client has made the object, perhaps by the same upload.</summary>
    public static bool IsTaken(AmazonS3Exception e) =>
        e.StatusCode == HttpStatusCode.PreconditionFailed || e.ErrorCode == "NoSuchUpload";

    /// <summary>
    /// Whether another request for the same object is at work, which may fail. AWS: "How to prevent object overwrites
    /// with conditional writes", 409.
    /// </summary>
    public static bool IsConflict(Exception e) => e is AmazonS3Exception { StatusCode: HttpStatusCode.Conflict };

    /// <param name="what">The address that was asked for.</param>
    /// <param name="endpoint">The server, for messages.</param>
    public static OperatorException Explain(Exception e, string what, string endpoint)
    {
        (string why, string remedy) = e switch
        {
            AmazonServiceException { StatusCode: not 0 } service => OfService(service, endpoint),
            AmazonClientException when e.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase) => (
                $"no credentials were found ({FirstLines(e.Message)})",
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; in a pod, give its service account a role"),
            AmazonClientException when e.Message.Contains("RegionEndpoint", StringComparison.Ordinal) => (
                "no region is set", "give --s3-region or --s3-endpoint, or set AWS_REGION"),
            TimeoutException or OperationCanceledException => (
                $"{endpoint} does not answer", "check the network and --s3-endpoint, then run the same command again"),
            _ => (
                $"{endpoint} can't be reached: "
                + (Causes.IsNoHttp(e) ? "its answer is no HTTP" : FirstLines((e.InnerException ?? e).Message)),
                "check the network and --s3-endpoint, then run the same command again"),
        };
        ExitStatus status = e is AmazonServiceException { ErrorCode: "NoSuchBucket" }
            ? ExitStatus.Settings
            : ClientStatus.Failed;
        return new(status, $"{what} can't be used: {why}.", remedy, e);
    }

    private static (string Why, string Remedy) OfService(AmazonServiceException e, string endpoint)
    {
        string code = Printable.Short(e.ErrorCode ?? string.Empty);
        string told = $"{endpoint} answers {(int)e.StatusCode} {code}";
        return code switch
        {
            "NoSuchBucket" => (
                $"there is no such bucket at {endpoint}", "create it, or correct the address or --s3-endpoint"),
            "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" => (
                $"{told}: the credentials are wrong", "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"),
            "ExpiredToken" or "TokenRefreshRequired" => (
                $"{told}: the credentials have expired",
                "get new ones (aws sso login, or a new session token), then run the same command again to continue"),
            "RequestTimeTooSkewed" or "RequestExpired" => (
                $"{told}: the clock of this machine differs from the store's",
                "set the clock, then run the same command again"),
            "AuthorizationHeaderMalformed" or "PermanentRedirect" or "IllegalLocationConstraintException" => (
                $"{told}: the bucket lies in another region", "give its region with --s3-region"),
            "AccessDenied" or "Forbidden" => (
                $"{told}: the credentials lack a right, or the bucket locks the object",
                "grant s3:ListBucket and s3:ListBucketMultipartUploads on the bucket, and s3:GetObject, s3:PutObject,"
                + " s3:DeleteObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts on its objects"),
            "QuotaExceeded" or "EntityTooLarge" or "InsufficientCapacity" or "XMinioStorageFull" => (
                told, "make room in the bucket, then run the same command again to continue"),
            _ when IsConflict(e) => (
                $"{told}: another client is at work on it", "run the same command again; it continues"),
            _ when (int)e.StatusCode >= 500 || e.StatusCode == HttpStatusCode.TooManyRequests => (
                $"{told}, again and again", "run the same command again when the store is well; it continues"),
            _ => ($"{told}: {FirstLines(e.Message)}", "see the store's own documentation of this error"),
        };
    }

    private static string FirstLines(string message) =>
        Printable.Short(message.ReplaceLineEndings(" ").Trim().TrimEnd('.'), MaxLetters);
}
