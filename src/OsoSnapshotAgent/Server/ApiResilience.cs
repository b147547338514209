using System.Net;
using Microsoft.Extensions.Http.Resilience;
using OsoSnapshotAgent.Output;
using OsoSnapshotCore.Text;
using Polly;
using Polly.Retry;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Limits the time of every request and retries it. A POST is repeated only if it can't have reached Prometheus: a
/// second POST would make a second snapshot. A GET is repeated too while Prometheus answers that it is starting (503).
/// </summary>
internal static class ApiResilience
{
    /// <summary>The timeout of each request that only reads.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(30);

    private const int MaxRetries = 5;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);

    /// <summary>Adds the retry, and within it the timeout of each attempt.</summary>
    /// <param name="builder">The pipeline of one client.</param>
    /// <param name="snapshotTimeout">The timeout of a POST.</param>
    /// <param name="transcript">Gets a line for each retry.</param>
    /// <param name="time">The clock of delays and timeouts.</param>
    public static void Configure(
        ResiliencePipelineBuilder<HttpResponseMessage> builder,
        TimeSpan snapshotTimeout,
        Transcript transcript,
        TimeProvider time)
    {
        builder.TimeProvider = time;
        builder.AddRetry(new HttpRetryStrategyOptions
        {
            ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Exception is { } failure
                ? IsBeforeSending(failure)
                : Reads(attempt.Context) && attempt.Outcome.Result?.StatusCode == HttpStatusCode.ServiceUnavailable),
            MaxRetryAttempts = MaxRetries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = false,
            Delay = FirstDelay,
            ShouldRetryAfterHeader = false,
            OnRetry = attempt =>
            {
                transcript.Line(RetryText(attempt));
                return ValueTask.CompletedTask;
            },
        });
        builder.AddTimeout(new HttpTimeoutStrategyOptions
        {
            TimeoutGenerator = attempt =>
                ValueTask.FromResult(Reads(attempt.Context) ? ReadTimeout : snapshotTimeout),
        });
    }

    private static bool Reads(ResilienceContext context) => context.GetRequestMessage()?.Method == HttpMethod.Get;

    private static string RetryText(OnRetryArguments<HttpResponseMessage> attempt)
    {
        string reason = attempt.Outcome.Exception?.Message ?? "Prometheus is not ready yet (503 Service Unavailable)";
        return $"* {reason}; attempt {attempt.AttemptNumber + 2} of {MaxRetries + 1} follows in"
            + $" {Durations.Format(attempt.RetryDelay)}";
    }

    private static bool IsBeforeSending(Exception failure) => failure is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError,
    };
}
