using System.Net;
using Amazon.S3;

namespace OsoSnapshotClient.Store;

/// <summary>Repeats a request to a store where that may help, and the SDK does not. A request must bear that.</summary>
internal static class S3Repeats
{
    /// <summary>How often a request that failed is sent again.</summary>
    public const int Max = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.2);

    /// <summary>Repeats it after pauses that double.</summary>
    /// <param name="mayPass">Whether the failure may pass.</param>
    public static async Task<T> RepeatAsync<T>(
        Func<Task<T>> request, Func<Exception, bool> mayPass, CancellationToken token)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await request();
            }
            catch (Exception e) when (attempt < Max && mayPass(e))
            {
                await Task.Delay(FirstPause * (1 << attempt), token);
            }
        }
    }

    /// <summary>Whether a request that the SDK does not send may succeed in a moment.</summary>
    public static bool MayPass(Exception e) => e is HttpRequestException or IOException || S3Errors.IsConflict(e)
        || (e is AmazonS3Exception refused
            && ((int)refused.StatusCode >= 500 || refused.StatusCode == HttpStatusCode.TooManyRequests));

    /// <summary>
    /// Repeats it once if the store could not read it: a server that refuses a body before it has read it may take the
    /// rest of it for the next request. That answer names no error.
    /// </summary>
    public static async Task<T> AgainIfUnreadAsync<T>(Func<Task<T>> request)
    {
        try
        {
            return await request();
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.BadRequest && e.ErrorCode == "BadRequest")
        {
            return await request();
        }
    }
}
